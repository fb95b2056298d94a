-- As lookup.sql, and behind that the record in force on day $3, in the columns of organization.sql too; null: none.
select epoch, place.sequence, time_ms, change_head, pg_is_in_recovery(), top.code is not null,
       code.code, code.status, code.level, code.parent, code.version, code.organization_id, code.issued_on, code.closed_on,
       code.structural_on, code.valid_from, code.heir, code.announced, code.announced_grants, code.name, code.name_en, code.short_name,
       code.type, code.address, code.email, code.phone, code.fax, code.website, code.legacy_code, code.decision_number, code.decision_by,
       code.decision_on, code.decision_title, code.decision_uri, code.decision_sha256, code.predecessors, code.predecessors_total,
       code.successors, code.successors_total,
       shown.code, shown.status, 0::smallint, null::text, shown.version, shown.organization_id, shown.issued_on, shown.closed_on, null::date,
       shown.valid_from, shown.heir, 0, 0, shown.name, shown.name_en, shown.short_name, shown.type, shown.address, shown.email,
       shown.phone, shown.fax, shown.website, shown.legacy_code, shown.decision_number, shown.decision_by, shown.decision_on,
       shown.decision_title, shown.decision_uri, shown.decision_sha256, shown.predecessors, shown.predecessors_total, shown.successors,
       shown.successors_total
from place cross join code left join code as top on top.code = $2::text and top.status = 1
left join lateral (select * from code_version as version where version.code = code.code and version.valid_from <= $3::date
                   order by version.valid_from desc, version.sequence desc limit 1) as shown on true
where code.code = $1::text and code.status <> 0
