-- Few rows at a time; many come by COPY.
insert into orgcode.receipt select * from unnest($1::orgcode.receipt[])
