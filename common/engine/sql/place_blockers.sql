-- Ends the sessions that keep the place: a process that was stopped would hold it for ever. Needs the same role.
select count(pg_terminate_backend(pid))
from (select distinct pid
      from pg_locks as held
      where locktype = 'relation' and database = (select oid from pg_database where datname = current_database())
        and relation = 'place'::regclass and mode in ('RowShareLock', 'RowExclusiveLock') and granted
        and pid <> pg_backend_pid()
        and not exists (select from pg_locks as awaited where awaited.pid = held.pid and not awaited.granted)) as holder
