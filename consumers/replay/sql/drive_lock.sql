-- The right to write to the registry whose table place has the number $1, if nobody has it: held until it is given back, or the
-- session ends.
select pg_try_advisory_lock(7166242::bigint << 32 | $1::bigint)
