-- When the first change behind $1 and the first receipt behind $2 were decided.
select (select recorded_ms from orgcode.change where sequence = $1::bigint + 1),
       (select (extract(epoch from (data::json ->> 'recordedAt')::timestamptz) * 1000)::bigint
        from orgcode.receipt where number = $2::bigint + 1)
