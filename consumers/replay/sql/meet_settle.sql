-- How long it was. The message is for nobody: it lets this commit wait for the disk, and all before it get there.
select current_setting('orgcode.locked_us')::bigint, pg_logical_emit_message(true, 'orgcode', 'swap')
