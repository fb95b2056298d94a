-- Few rows at a time; many come by COPY.
insert into orgcode.succession select * from unnest($1::orgcode.succession[])
