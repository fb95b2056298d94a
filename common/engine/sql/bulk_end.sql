-- The registry is like any other again, and all of it on disk. May be repeated.
set synchronous_commit = on;
set maintenance_work_mem = '256MB';
do $$
begin
    if not exists (select from pg_constraint where conname = 'receipt_pkey' and conrelid = 'receipt'::regclass) then
        alter table receipt add primary key (number);
    end if;
end
$$;
reset maintenance_work_mem;
set default_statistics_target = 10; -- a small sample: autovacuum takes a better one in its time
analyze scheme, code, code_version, succession, act, pending_act, change, receipt;
reset default_statistics_target;
