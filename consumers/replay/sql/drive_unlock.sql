-- Gives the right to write back.
select pg_advisory_unlock(7166242::bigint << 32 | $1::bigint)
