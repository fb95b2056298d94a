-- What tables say of each other and do not agree on, twenty at most: table, key, what, expected, found.
with told as (
    select subject, count(*) as changes, max(subject_version) as last from change group by subject
), kept as (
    select code as subject, version from code where version > 0
    union all
    select 'scheme:' || scheme, version from scheme
), waiting as (
    select code, count(*)::integer as acts from pending_act, unnest(codes) as code where kind = 0 group by code
)
(select 'code', 'subject ' || subject, 'version', coalesce(changes, 0)::text || ' changes, the last of version ' || coalesce(last, 0),
        coalesce(version, 0)::text
 from told full join kept using (subject)
 where changes is distinct from version or last is distinct from version
 order by subject limit 10)
union all
(select 'code', 'code ' || code, 'column announced', coalesce(acts, 0)::text, coalesce(announced, 0)::text
 from waiting full join (select code, announced from code where announced > 0) as named using (code)
 where acts is distinct from announced
 order by code limit 5)
union all
(select 'code_version', 'code ' || code || ', sequence ' || code_version.sequence, 'beyond the place', place.sequence::text,
        code_version.sequence::text
 from code_version, place
 where code_version.sequence > place.sequence
 order by code_version.sequence limit 5)
