-- Changes behind $1, at most $2 of them, that fit: subject $3, prefix $4, type $5, authority $6 (null: any); at most $7 rows
-- and, but for the first, $8 bytes. The last column says how far was looked; where nothing fits, one row without a change
-- says it.
with looked as materialized (
    select *
    from change
    where sequence > $1::bigint
    order by sequence
    limit $2::integer
), fitting as (
    select *, row_number() over (order by sequence) as number,
        sum(octet_length(data)) over (order by sequence) as bytes
    from looked
    where ($3::text is null or subject = $3) and ($4::text is null or starts_with(subject, $4))
      and ($5::integer is null or type = $5)
      and ($6::text is null or position('"authority":"' || $6 || '"' in data) > 0)
), given as (
    select * from fitting where number = 1 or (number <= $7::integer and bytes <= $8::bigint)
), seen as (
    select case when (select count(*) from fitting) > (select count(*) from given)
                then (select max(sequence) from given) else (select max(sequence) from looked) end as sequence
)
select given.sequence, type, subject, subject_version, act_id, act_index, act_count, effective_on, recorded_ms, data,
       coalesce((select max(law.version) from law where law.sequence <= given.sequence), 1) as law, seen.sequence
from seen left join given on true
order by given.sequence
