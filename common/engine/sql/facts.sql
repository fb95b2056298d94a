-- All facts of the codes $1, annulled ones and their markers too.
select code, valid_from, rank, act, sequence, op, mask, heir, given, coalesce(given_organization, organization_id),
       name, name_en, short_name, type, address, email, phone, fax, website, legacy_code,
       decision_number, decision_by, decision_on, decision_title, decision_uri, decision_sha256
from code_version
where code = any ($1::text[]) and op is not null
order by code, valid_from, rank, sequence
