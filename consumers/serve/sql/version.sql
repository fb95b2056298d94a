-- The record of $1 in force on day $2 as known after change $3, in the columns of organization.sql.
select code, status, 0::smallint, null::text, version, organization_id, issued_on, closed_on, null::date, valid_from, heir,
       0, 0, name, name_en, short_name, type, address, email, phone, fax, website, legacy_code,
       decision_number, decision_by, decision_on, decision_title, decision_uri, decision_sha256,
       predecessors, predecessors_total, successors, successors_total
from code_version
where code = $1::text and valid_from <= $2::date and sequence <= $3::bigint
order by valid_from desc, sequence desc
limit 1
