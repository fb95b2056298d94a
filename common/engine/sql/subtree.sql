-- Codes below $1 at any depth that are open, or were closed after $2; at most $3. The first column is as in children.sql.
with recursive below as (
    select code from code where parent = $1::text and (status = 1 or closed_on > $2::date)
    union all
    select child.code
    from below join code as child on child.parent = below.code
    where child.status = 1 or child.closed_on > $2::date
), bounded as (
    select code as key from below limit $3::integer
)
select code.parent, code, status, level, parent, version, organization_id, issued_on, closed_on, structural_on, valid_from, heir,
       announced, announced_grants, name, name_en, short_name, type, address, email, phone, fax, website, legacy_code,
       decision_number, decision_by, decision_on, decision_title, decision_uri, decision_sha256,
       predecessors, predecessors_total, successors, successors_total
from bounded join code on code = key
order by code
