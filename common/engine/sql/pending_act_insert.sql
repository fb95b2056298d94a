-- Few rows at a time; many come by COPY.
insert into pending_act (number, kind, released, due_ms, recorded_ms, authority, act_id, bytes, codes, grants)
select number, kind, released, due_ms, recorded_ms, authority, act_id, bytes, codes, grants
from unnest($1::pending_act[])
