-- Few rows at a time; many come by COPY.
insert into code (
    code, status, level, parent, version, organization_id, issued_on, closed_on, structural_on, valid_from, heir, announced,
    announced_grants, name, name_en, short_name, type, address, email, phone, fax, website, legacy_code, decision_number,
    decision_by, decision_on, decision_title, decision_uri, decision_sha256, predecessors, predecessors_total, successors,
    successors_total)
select
    code, status, level, parent, version, organization_id, issued_on, closed_on, structural_on, valid_from, heir, announced,
    announced_grants, name, name_en, short_name, type, address, email, phone, fax, website, legacy_code, decision_number,
    decision_by, decision_on, decision_title, decision_uri, decision_sha256, predecessors, predecessors_total, successors,
    successors_total
from unnest($1::code[])
