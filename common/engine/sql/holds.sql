-- How much is held for each authority of $1.
select authority, count(*), sum(octet_length(bytes))::bigint
from pending_act
where authority = any ($1::text[]) and kind = 1
group by authority
