-- How far down the codes of each level-1 body ($1; null: all) reach. One text: a JSON object.
with counted as (
    select split_part(code, '.', 1) as authority, level, count(*) filter (where status = 1) as open,
           count(*) filter (where status = 2) as closed, min(issued_on) as first_issued, max(issued_on) as last_issued,
           count(*) filter (where status = 1 and not exists (
               select from code as below where below.parent = code.code and below.status = 1)) as without_units
    from code
    where status <> 0 and code !~ '^[0-9]' and strpos(code, ':') = 0
      and ($1::text is null or code = $1 or (code > $1 || '.' and code < $1 || '/'))
    group by 1, level
), summed as (
    select authority, json_build_object('authority', authority, 'levels', json_agg(json_build_object('level', level,
        'open', open, 'closed', closed, 'firstIssuedOn', first_issued, 'lastIssuedOn', last_issued,
        'withoutUnits', without_units) order by level)) as row
    from counted
    group by authority
)
select json_build_object('authorities', coalesce(json_agg(row order by authority), '[]'))::text
from summed
