insert into origin_mark (origin, mark_offset, time_max_ms, since_ms)
select origin, mark_offset, time_max_ms, since_ms
from unnest($1::origin_mark[])
on conflict (origin) do update
set mark_offset = excluded.mark_offset, time_max_ms = excluded.time_max_ms, since_ms = excluded.since_ms
