-- The lock is held from now on, by the server's clock. A try that is rolled back leaves nothing of it.
select set_config('orgcode.locked_at', extract(epoch from clock_timestamp())::text, false)
