-- Few rows at a time; many come by COPY.
insert into code_version select * from unnest($1::code_version[])
