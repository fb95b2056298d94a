-- Units directly below each of $1, with those that stand under a closed code whose one heir it is (kept at a merger); of status
-- $2 (null: any), behind code $3, at most $4. First for which code of $1, and under which; then the columns of
-- organization.sql; last whether it has open units itself.
with recursive home (asked, code) as (
    select asked, asked collate "C" from unnest($1::text[]) as asked
    union
    select home.asked, closed.code
    from home
    join succession on to_code = home.code and undone_sequence is null
    join code as closed on closed.code = from_code and closed.status = 2 and closed.heir = home.code
)
select home.asked, home.code, unit.code, unit.status, level, parent, version, organization_id, issued_on, closed_on, structural_on,
       valid_from, heir, announced, announced_grants, name, name_en, short_name, type, address, email, phone, fax, website,
       legacy_code, decision_number, decision_by, decision_on, decision_title, decision_uri, decision_sha256,
       predecessors, predecessors_total, successors, successors_total,
       exists (select from code as below where below.parent = unit.code and below.status = 1)
from home join code as unit on unit.parent = home.code
where unit.status <> 0 and ($2::integer is null or unit.status = $2) and unit.code > $3::text
order by unit.code
limit $4::integer
