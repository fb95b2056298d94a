-- The latest verdict of act $1 of authority $2.
select kind, scheme, verdict, rule, recorded_ms, effective_on, happened_on, decision_on, first_sequence, last_sequence
from act
where act_id = $1::uuid and authority = $2::text
