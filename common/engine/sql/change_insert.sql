-- Few rows at a time; many come by COPY.
insert into change select * from unnest($1::change[])
