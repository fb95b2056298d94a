-- Waiting acts that are released or due by $1, in order, at most $2 of them and $3 bytes (one at least).
with due as (
    (select released, due_ms, kind, number, octet_length(bytes) as size
     from pending_act where released order by released desc, due_ms, kind, number limit $2::integer)
    union all
    (select released, due_ms, kind, number, octet_length(bytes)
     from pending_act where not released and due_ms <= $1::bigint order by released desc, due_ms, kind, number limit $2::integer)
), bounded as (
    select number, sum(size) over (order by released desc, due_ms, kind, number) - size as before
    from due order by released desc, due_ms, kind, number limit $2::integer
)
select number, kind, released, due_ms, recorded_ms, authority, act_id, bytes, codes, grants
from bounded join pending_act using (number)
where before < $3::bigint
order by released desc, due_ms, kind, number
