-- Where the registry stands.
select born, registry_id, epoch, mode, rules_version, record, step, decided, time_ms, sequence, receipt,
       change_head, receipt_head, next_offset, last_offset, last_digest
from place
