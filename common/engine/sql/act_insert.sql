-- Few rows at a time; many come by COPY.
insert into act (
    act_id, authority, digest, kind, scheme, verdict, rule, number, recorded_ms, effective_on, happened_on, decision_on,
    first_sequence, last_sequence)
select
    act_id, authority, digest, kind, scheme, verdict, rule, number, recorded_ms, effective_on, happened_on, decision_on,
    first_sequence, last_sequence
from unnest($1::act[])
