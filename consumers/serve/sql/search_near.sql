-- The codes whose names are most like $1 (plain), where nothing holds its words; filters as in search.sql; at most $7.
select code.code, status, level, parent, version, organization_id, issued_on, closed_on, structural_on, valid_from, heir,
       announced, announced_grants, code.name, name_en, short_name, type, address, email, phone, fax, website, legacy_code,
       decision_number, decision_by, decision_on, decision_title, decision_uri, decision_sha256,
       predecessors, predecessors_total, successors, successors_total
from (select code, public.word_similarity($1::text, plain) as likeness
      from orgcode_ops.search join code using (code)
      where $1::text OPERATOR(public.<%) plain
        and ($2::text is null or split_part(code, '.', 1) = $2) and ($3::text is null or parent = $3)
        and ($4::integer is null or level = $4) and ($5::integer is null or status = $5)
        and ($6::text is null or case when strpos(code, ':') > 0 then split_part(code, ':', 1)
                                      when code ~ '^[0-9]' then 'enterprise' else 'gov' end = $6)
      order by likeness desc, code
      limit $7::integer) as near
join code on code.code = near.code
order by (status = 1) desc, likeness desc, level, code.code
