-- Beside where the registry stands: what waits in it, the last act that it answered, its size.
select (select count(*) from orgcode.pending_act where kind = 1),
       (select count(*) from orgcode.pending_act where kind = 0),
       (select min(case when released then 0 else due_ms end) from orgcode.pending_act),
       pg_database_size(current_database()),
       last.number, last.authority, last.act_id, last.verdict, last.recorded
from (select 1) as one
left join lateral (
    select number, authority, act_id, verdict, data::json ->> 'recordedAt' as recorded
    from orgcode.receipt
    order by number desc
    limit 1
) as last on true
