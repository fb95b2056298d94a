-- Few rows at a time; many come by COPY.
insert into receipt (number, authority, act_id, verdict, data)
select number, authority, act_id, verdict, data
from unnest($1::receipt[])
