-- The receipts behind $1: at most $2 of them, and no more than $3 bytes but for the first. Last the version of the law under
-- which each was written.
select number, authority, act_id, verdict, data,
    coalesce((select max(law.version) from orgcode.law where law.receipt <= summed.number), 1) as law
from (
    select *, sum(octet_length(data)) over (order by number) as bytes
    from (
        select *
        from orgcode.receipt
        where number > $1::bigint
        order by number
        limit $2::integer
    ) as next
) as summed
where number = $1::bigint + 1 or bytes <= $3::bigint
order by number
