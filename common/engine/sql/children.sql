-- Direct children of each of $1 that are open, or were closed after the day beside it in $2; at most $3 of each.
select asked.key, child.*
from unnest($1::text[], $2::date[]) as asked (key, since)
cross join lateral (
    select code, status, level, parent, version, organization_id, issued_on, closed_on, structural_on, valid_from, heir,
           announced, announced_grants, name, name_en, short_name, type, address, email, phone, fax, website, legacy_code,
           decision_number, decision_by, decision_on, decision_title, decision_uri, decision_sha256,
           predecessors, predecessors_total, successors, successors_total
    from code
    where parent = asked.key and (status = 1 or closed_on > asked.since)
    order by code
    limit $3::integer) as child
