-- Few rows at a time; many come by COPY.
insert into receipt select * from unnest($1::receipt[])
