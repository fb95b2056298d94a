-- Waiting acts by record number ($1).
select number, kind, released, due_ms, recorded_ms, authority, act_id, bytes, codes, grants
from pending_act
where number = any ($1::bigint[])
