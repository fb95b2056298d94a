-- Where the live registry stands.
select born, registry_id, epoch, mode, rules_version, record, step, time_ms, sequence, receipt, change_head, receipt_head,
       next_offset
from orgcode.place
