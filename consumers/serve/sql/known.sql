-- The last change that was recorded by $1 (ms); 0: none. Journal time never steps back, so the numbers can be halved.
with recursive half (low, high) as (
    select 0::bigint, sequence from place
    union all
    select case when recorded_ms <= $1::bigint then middle else low end,
           case when recorded_ms <= $1::bigint then high else middle - 1 end
    from (select low, high, (low + high + 1) / 2 as middle from half where low < high) as step
    join change on sequence = middle
)
select low from half where low = high
