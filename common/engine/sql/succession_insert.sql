-- Few rows at a time; many come by COPY.
insert into succession (from_code, to_code, on_date, continues, act, sequence, undone_sequence)
select from_code, to_code, on_date, continues, act, sequence, undone_sequence
from unnest($1::succession[])
