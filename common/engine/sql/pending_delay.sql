update pending_act set due_ms = delay.due_ms
from unnest($1::bigint[], $2::bigint[]) as delay (number, due_ms)
where pending_act.number = delay.number
