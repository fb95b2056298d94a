-- The latest verdict of acts that have a row.
update act
set (digest, kind, scheme, verdict, rule, number, recorded_ms, effective_on, happened_on, decision_on, first_sequence,
     last_sequence)
  = (new.digest, new.kind, new.scheme, new.verdict, new.rule, new.number, new.recorded_ms, new.effective_on, new.happened_on,
     new.decision_on, new.first_sequence, new.last_sequence)
from unnest($1::act[]) as new
where act.act_id = new.act_id and act.authority = new.authority
