-- Few rows at a time; many come by COPY.
insert into orgcode.pending_act select * from unnest($1::orgcode.pending_act[])
