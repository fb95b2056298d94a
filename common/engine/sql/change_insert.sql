-- Few rows at a time; many come by COPY.
insert into change (sequence, type, subject, subject_version, act_id, act_index, act_count, effective_on, recorded_ms, data)
select sequence, type, subject, subject_version, act_id, act_index, act_count, effective_on, recorded_ms, data
from unnest($1::change[])
