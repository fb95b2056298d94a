-- Acts whose latest word is a refusal, with the place at which they arrived last: up to receipt $1, verdict $2, of the
-- authority $3 and the rule or reason $4 (each may be null), refused from $5 on and before $6 (milliseconds).
with act as (
    select authority, act_id, max(number) as latest,
           max(number) filter (where position('"origin":{' in data) > 0) as arrived
    from orgcode.receipt
    where act_id is not null and number <= $1 and ($3::text is null or authority = $3)
    group by authority, act_id
), refused as (
    select act.act_id, l.data::json as data, a.data::json -> 'origin' as origin,
           (extract(epoch from (l.data::json ->> 'recordedAt')::timestamptz) * 1000)::bigint as time_ms
    from act
         join orgcode.receipt l on l.number = act.latest
         join orgcode.receipt a on a.number = act.arrived
    where l.verdict = $2::integer
)
select act_id, origin ->> 'topic', (origin ->> 'partition')::integer, (origin ->> 'offset')::bigint, data ->> 'rule', time_ms
from refused
where time_ms >= $5 and time_ms < $6
      and ($4::text is null or data ->> 'rule' = $4
           or exists (select from json_array_elements(data -> 'faults') f where f ->> 'reason' = $4))
