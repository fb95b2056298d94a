-- What became of the codes $1: for each the code itself, its state, and its edges forward. Edges of the day on which it was closed
-- lead on; others are spin-offs. Codes on the way are walked too; a code is walked once for each that was asked.
with recursive walk (asked, code) as (
    select asked, asked collate "C" from unnest((select $1::text[])) as asked
    union
    select walk.asked, to_code
    from walk
    join code on code.code = walk.code and code.status = 2
    join succession on from_code = walk.code and undone_sequence is null and on_date = code.closed_on
)
select walk.asked, walk.code, code.status, code.name, edge.to_code, edge.on_date, edge.continues,
       code.status = 2 and edge.on_date = code.closed_on
from walk
join code on code.code = walk.code
left join succession as edge on edge.from_code = walk.code and edge.undone_sequence is null
order by walk.asked, walk.code, edge.on_date, edge.to_code
