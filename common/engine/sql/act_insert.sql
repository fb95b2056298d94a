-- Few rows at a time; many come by COPY.
insert into act select * from unnest($1::act[])
