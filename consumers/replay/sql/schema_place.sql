-- Where the registry of the search path stands. `whole` is a digest of all that tells its place.
select tableoid::bigint, born, registry_id, epoch, step, record, sequence, receipt, next_offset, time_ms, change_head, receipt_head,
       sha256(convert_to(place::text || coalesce((select string_agg(origin_mark::text, ';' order by origin) from origin_mark), ''), 'UTF8'))
from place
