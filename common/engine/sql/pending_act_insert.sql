-- Few rows at a time; many come by COPY.
insert into pending_act select * from unnest($1::pending_act[])
