-- What each authority ($1; null: all) has sent: documents and acts by kind. One text: a JSON object.
with kinds (kind, name) as (
    values (0, 'established'), (1, 'contact_updated'), (2, 'renamed'), (3, 'recoded'), (4, 'merged'), (5, 'split'),
           (6, 'dissolved'), (7, 'closed'), (8, 'corrected'), (9, 'annulled'), (10, 'scheme_registered')
), counted as (
    select authority, kind, count(*) as acts, count(decision_on) as documents, min(recorded_ms) as first_ms,
           max(recorded_ms) as last_ms
    from act
    where verdict <> 6 and ($1::text is null or authority = $1)
    group by authority, kind
), summed as (
    select authority, json_build_object('authority', authority, 'acts', sum(acts), 'documents', sum(documents),
        'byKind', json_object_agg(name, acts order by counted.kind),
        'firstRecordedTime', to_char(to_timestamp(min(first_ms) / 1000.0) at time zone '-07', 'YYYY-MM-DD"T"HH24:MI:SS.MS"+07:00"'),
        'lastRecordedTime', to_char(to_timestamp(max(last_ms) / 1000.0) at time zone '-07', 'YYYY-MM-DD"T"HH24:MI:SS.MS"+07:00"')) as row
    from counted join kinds on kinds.kind = counted.kind
    group by authority
)
select json_build_object('authorities', coalesce(json_agg(row order by authority), '[]'))::text
from summed
