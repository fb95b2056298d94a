-- The open codes that bear $1 as legacy codes, in the columns of names.sql.
select asked, bearer.code, bearer.status, bearer.name, bearer.closed_on,
       case when $2::boolean then bearer.predecessors else bearer.successors end,
       case when $2::boolean then bearer.predecessors_total else bearer.successors_total end is not null
from unnest((select $1::text[])) as asked
cross join lateral (select * from code where legacy_code = asked and status = 1 order by code limit 1) as bearer
