-- The latest state of codes that have a row.
update code
set (status, level, parent, version, organization_id, issued_on, closed_on, structural_on, valid_from, heir, announced,
     announced_grants, name, name_en, short_name, type, address, email, phone, fax, website, legacy_code,
     decision_number, decision_by, decision_on, decision_title, decision_uri, decision_sha256,
     predecessors, predecessors_total, successors, successors_total)
  = (new.status, new.level, new.parent, new.version, new.organization_id, new.issued_on, new.closed_on, new.structural_on,
     new.valid_from, new.heir, new.announced, new.announced_grants, new.name, new.name_en, new.short_name, new.type,
     new.address, new.email, new.phone, new.fax, new.website, new.legacy_code, new.decision_number, new.decision_by,
     new.decision_on, new.decision_title, new.decision_uri, new.decision_sha256, new.predecessors,
     new.predecessors_total, new.successors, new.successors_total)
from unnest($1::code[]) as new
where code.code = new.code
