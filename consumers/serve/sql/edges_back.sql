-- From what the codes $1 came, to the first of each line, in the columns of edges_from.sql.
with recursive walk (asked, code) as (
    select asked, asked collate "C" from unnest((select $1::text[])) as asked
    union
    select walk.asked, from_code
    from walk
    join succession on to_code = walk.code and undone_sequence is null
)
select walk.asked, walk.code, code.status, code.name, edge.from_code, edge.on_date, edge.continues, edge.from_code is not null
from walk
join code on code.code = walk.code
left join succession as edge on edge.to_code = walk.code and edge.undone_sequence is null
order by walk.asked, walk.code, edge.on_date, edge.from_code
