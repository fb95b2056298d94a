-- Edges with one of the codes $1 at either end, those of annulled acts left out.
select asked, from_code, to_code, on_date, continues, act, sequence
from (select asked, to_code as other, succession.* from unnest($1::text[]) as asked join succession on from_code = asked
      union all
      select asked, from_code, succession.* from unnest($1::text[]) as asked join succession on to_code = asked) as edge
where undone_sequence is null
order by asked, on_date, other, sequence
