-- Origin marks by topic/partition ($1).
select origin, mark_offset, time_max_ms, since_ms from origin_mark where origin = any ($1::text[])
