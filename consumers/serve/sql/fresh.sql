-- Where the directory stands, for every answer.
select epoch, sequence, time_ms, change_head, pg_is_in_recovery(), receipt
from place
