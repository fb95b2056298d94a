-- All that a look-up of code $1 as it stands says, in one row: the place (as fresh.sql), whether its authority's code $2 is open, and
-- the code in the columns of organization.sql. No row: it was never issued.
select epoch, sequence, time_ms, change_head, pg_is_in_recovery(), top.code is not null,
       code.code, code.status, code.level, code.parent, code.version, code.organization_id, code.issued_on, code.closed_on,
       code.structural_on, code.valid_from, code.heir, code.announced, code.announced_grants, code.name, code.name_en, code.short_name,
       code.type, code.address, code.email, code.phone, code.fax, code.website, code.legacy_code, code.decision_number, code.decision_by,
       code.decision_on, code.decision_title, code.decision_uri, code.decision_sha256, code.predecessors, code.predecessors_total,
       code.successors, code.successors_total
from place cross join code left join code as top on top.code = $2::text and top.status = 1
where code.code = $1::text and code.status <> 0
