-- Changes behind $1 up to $2 that fit: subject $3, prefix $4, type $5, authority $6 (null: any); at most $7 rows and, but for the
-- first, $8 bytes. The last column says how many fit, $7 at most: more than there are rows when bytes cut them off.
with fitting as (
    select *
    from change
    where sequence > $1::bigint and sequence <= $2::bigint
      and ($3::text is null or subject = $3) and ($4::text is null or starts_with(subject, $4))
      and ($5::integer is null or type = $5)
      and ($6::text is null or position('"authority":"' || $6 || '"' in data) > 0)
    order by sequence
    limit $7::integer
), counted as (
    select *, row_number() over (order by sequence) as number, sum(octet_length(data)) over (order by sequence) as bytes,
        count(*) over () as fit
    from fitting
)
select sequence, type, subject, subject_version, act_id, act_index, act_count, effective_on, recorded_ms, data,
       coalesce((select max(law.version) from law where law.sequence <= counted.sequence), 1) as law, fit
from counted
where number = 1 or bytes <= $8::bigint
order by sequence
