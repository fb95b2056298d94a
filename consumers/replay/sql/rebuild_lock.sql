-- One rebuild a registry: false when another session has the lock for the table place of number $1.
select pg_try_advisory_lock(7166243::bigint << 32 | $1::bigint)
