-- One row in many years.
insert into law select * from unnest($1::law[])
