-- Codes by filters alone (see search.sql), in the order of codes, behind $6, at most $7.
select code, status, level, parent, version, organization_id, issued_on, closed_on, structural_on, valid_from, heir,
       announced, announced_grants, name, name_en, short_name, type, address, email, phone, fax, website, legacy_code,
       decision_number, decision_by, decision_on, decision_title, decision_uri, decision_sha256,
       predecessors, predecessors_total, successors, successors_total, code
from code
where status <> 0 and code > $6::text
  and ($1::text is null or code = $1 or (code > $1 || '.' and code < $1 || '/'))
  and ($2::text is null or parent = $2) and ($3::integer is null or level = $3) and ($4::integer is null or status = $4)
  and ($5::text is null or case when strpos(code, ':') > 0 then split_part(code, ':', 1)
                                when code ~ '^[0-9]' then 'enterprise' else 'gov' end = $5)
order by code
limit $7::integer
