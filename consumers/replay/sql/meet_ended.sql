-- Behind the commit: how long the lock was held.
select set_config('orgcode.locked_us',
                  ((extract(epoch from clock_timestamp()) - current_setting('orgcode.locked_at')::numeric) * 1000000)::bigint::text, false)
