-- Few rows at a time; many come by COPY.
insert into orgcode.change select * from unnest($1::orgcode.change[])
