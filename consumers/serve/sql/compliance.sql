-- How late decisions (30 days after the event) and entries (7 days after the decision) were, by authority $1 (null: all), of acts recorded
-- from day $2 to day $3. One text: a JSON object.
with measured as (
    select authority, decision_on,
           case when kind in (0, 4, 5, 6) and decision_on is not null then greatest(decision_on - happened_on - 30, 0) end as decision_late,
           case when decision_on is not null then greatest(date '1970-01-01' + ((recorded_ms + 25200000) / 86400000)::integer - decision_on - 7, 0) end as entry_late
    from act
    where verdict <> 6 and ($1::text is null or authority = $1)
      and recorded_ms >= ($2::date - date '1970-01-01')::bigint * 86400000 - 25200000
      and recorded_ms < ($3::date - date '1970-01-01' + 1)::bigint * 86400000 - 25200000
), summed as (
    select authority, json_build_object('authority', authority, 'acts', count(*), 'withDecision', count(decision_on),
        'decision', json_build_object('measured', count(decision_late), 'late', count(*) filter (where decision_late > 0),
            'medianDaysLate', percentile_disc(0.5) within group (order by decision_late) filter (where decision_late > 0),
            'mostDaysLate', max(decision_late)),
        'entry', json_build_object('measured', count(entry_late), 'late', count(*) filter (where entry_late > 0),
            'medianDaysLate', percentile_disc(0.5) within group (order by entry_late) filter (where entry_late > 0),
            'mostDaysLate', max(entry_late))) as row
    from measured
    group by authority
)
select json_build_object('authorities', coalesce(json_agg(row order by authority), '[]'), 'from', $2::date, 'to', $3::date)::text
from summed
