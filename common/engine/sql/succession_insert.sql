-- Few rows at a time; many come by COPY.
insert into succession select * from unnest($1::succession[])
