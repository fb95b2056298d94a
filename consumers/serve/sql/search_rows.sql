-- The codes $1 in that order, as they stand now, in the columns of organization.sql. Filters $2 to $6: authority, parent, level,
-- status, scheme; what fits no longer is left out.
select code.code, status, level, parent, version, organization_id, issued_on, closed_on, structural_on, valid_from, heir,
       announced, announced_grants, name, name_en, short_name, type, address, email, phone, fax, website, legacy_code,
       decision_number, decision_by, decision_on, decision_title, decision_uri, decision_sha256,
       predecessors, predecessors_total, successors, successors_total
from unnest((select $1::text[])) with ordinality as asked (code, number)
join code on code.code = asked.code collate "C"
where status <> 0
  and ($2::text is null or split_part(code.code, '.', 1) = $2) and ($3::text is null or parent = $3)
  and ($4::integer is null or level = $4) and ($5::integer is null or status = $5)
  and ($6::text is null or case when strpos(code.code, ':') > 0 then split_part(code.code, ':', 1)
                                when code.code ~ '^[0-9]' then 'enterprise' else 'gov' end = $6)
order by number
