-- Codes $1: their state, and what became of them or, where $2, from what they came: 'YYYY-MM-DD code', with + for the space where the
-- body goes on. A list that is not whole ends with true. The array stands in a query of its own so that no plan is made for its length:
-- look-ups by key are best for one code and for ten thousand.
select asked, code, status, name, closed_on, case when $2::boolean then predecessors else successors end,
       case when $2::boolean then predecessors_total else successors_total end is not null
from unnest((select $1::text[])) as asked
join code on code = asked and status <> 0
