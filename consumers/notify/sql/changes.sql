-- The changes behind $1: at most $2 of them, and no more than $3 bytes but for the first. Last the version of the law under
-- which each was written.
select sequence, type, subject, subject_version, act_id, act_index, act_count, effective_on, recorded_ms, data,
    coalesce((select max(law.version) from orgcode.law where law.sequence <= summed.sequence), 1) as law
from (
    select *, sum(octet_length(data)) over (order by sequence) as bytes
    from (
        select *
        from orgcode.change
        where sequence > $1::bigint
        order by sequence
        limit $2::integer
    ) as next
) as summed
where sequence = $1::bigint + 1 or bytes <= $3::bigint
order by sequence
