-- Before the commit, by the server's clock: is it too late? What ends here was as long as the lock was held, and is tried again.
do $$
begin
    if (extract(epoch from clock_timestamp()) - current_setting('orgcode.locked_at')::numeric) * 1000
       > current_setting('orgcode.locked_max_ms')::numeric then
        raise exception 'the locked moment is over' using errcode = 'query_canceled';
    end if;
end
$$
