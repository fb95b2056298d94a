-- Where the registry of the search path stands. `whole` is a digest of all that tells its place but for what hangs on how the journal
-- came there (dump.c); `exact` has that too.
select tableoid::bigint, born, registry_id, epoch, step, record, sequence, receipt, next_offset, time_ms, change_head, receipt_head,
       sha256(convert_to((to_jsonb(place) - '{mode,next_offset,last_offset}'::text[])::text || marks.text, 'UTF8')),
       sha256(convert_to(place::text || marks.text, 'UTF8')), mode::integer
from place, (select coalesce(string_agg(origin_mark::text, ';' order by origin), '') as text from origin_mark) as marks
