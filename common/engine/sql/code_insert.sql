-- Few rows at a time; many come by COPY.
insert into code select * from unnest($1::code[])
