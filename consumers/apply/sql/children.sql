-- Direct children of $1 that are open, or were closed after $2; at most $3.
select code, status, level, parent, version, organization_id, issued_on, closed_on, structural_on, valid_from, heir,
       announced, announced_grants, name, name_en, short_name, type, address, email, phone, fax, website, legacy_code,
       decision_number, decision_by, decision_on, decision_title, decision_uri, decision_sha256,
       predecessors, predecessors_total, successors, successors_total
from orgcode.code
where parent = $1::text and (status = 1 or closed_on > $2::date)
order by code
limit $3::integer
