-- Few rows at a time; many come by COPY.
insert into orgcode.act select * from unnest($1::orgcode.act[])
