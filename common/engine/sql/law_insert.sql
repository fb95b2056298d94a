-- One row in many years.
insert into law (version, record, sequence, receipt)
select version, record, sequence, receipt
from unnest($1::law[])
