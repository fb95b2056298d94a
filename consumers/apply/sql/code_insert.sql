-- Few rows at a time; many come by COPY.
insert into orgcode.code select * from unnest($1::orgcode.code[])
