-- Changes behind $1 up to $2 that fit: subject $3, prefix $4, type $5, authority $6 (null: any); at most $7 rows, and of those the
-- ones before which there are less than $8 bytes. (The version of the law: most changes are behind the last that changed it.)
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
    select *, sum(octet_length(data)) over (order by sequence rows unbounded preceding) as bytes
    from fitting
)
select sequence, type, subject, subject_version, act_id, act_index, act_count, effective_on, recorded_ms, data,
       case when sequence >= (select coalesce(max(sequence), 0) from law) then (select coalesce(max(version), 1) from law)
            else coalesce((select max(law.version) from law where law.sequence <= counted.sequence), 1) end as law
from counted
where bytes - octet_length(data) < $8::bigint
order by sequence
