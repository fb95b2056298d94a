-- Few rows at a time; many come by COPY.
insert into code_version (
    code, valid_from, sequence, version, rank, act, op, mask, heir, given, given_organization, status, organization_id,
    issued_on, closed_on, name, name_en, short_name, type, address, email, phone, fax, website, legacy_code, decision_number,
    decision_by, decision_on, decision_title, decision_uri, decision_sha256, predecessors, predecessors_total, successors,
    successors_total)
select
    code, valid_from, sequence, version, rank, act, op, mask, heir, given, given_organization, status, organization_id,
    issued_on, closed_on, name, name_en, short_name, type, address, email, phone, fax, website, legacy_code, decision_number,
    decision_by, decision_on, decision_title, decision_uri, decision_sha256, predecessors, predecessors_total, successors,
    successors_total
from unnest($1::code_version[])
