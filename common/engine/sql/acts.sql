-- Acts by id ($1), of any authority.
select act_id, authority, digest, kind, scheme, verdict, rule, number, recorded_ms, effective_on, happened_on, decision_on,
       first_sequence, last_sequence
from act
where act_id = any ($1::uuid[])
order by act_id, authority
