-- Codes $1: their state, and whether anything became of them, and they of anything; then as bearers.sql. The array stands in a query
-- of its own so that no plan is made for its length: look-ups by key are best for one code and for ten thousand.
select asked, code, status, name, successors is not null, predecessors is not null
from unnest((select $1::text[])) as asked
join code on code = asked and status <> 0
