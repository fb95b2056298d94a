-- The changes behind $1, at most $2, in the columns of changes.sql.
select sequence, type, subject, subject_version, act_id, act_index, act_count, effective_on, recorded_ms, data,
       coalesce((select max(law.version) from law where law.sequence <= change.sequence), 1) as law
from change
where sequence > $1::bigint
order by sequence
limit $2::integer
