-- Acts to come that name code $1, in the order in which they take effect.
select pending.act_id, pending.authority, act.kind, act.effective_on, pending.codes
from pending_act as pending join act on act.act_id = pending.act_id and act.authority = pending.authority
where pending.kind = 0 and $1::text = any (pending.codes)
order by pending.due_ms, pending.number
limit 100
