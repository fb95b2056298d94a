-- The first 16 open codes that bear each of the older codes $1.
select asked, bearer.code
from unnest($1::text[]) as asked
cross join lateral (select code from code where legacy_code = asked and status = 1 order by code limit 16) as bearer
