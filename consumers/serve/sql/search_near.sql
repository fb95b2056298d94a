-- The codes whose names are most like $1 (plain), where nothing holds its words; at most $2.
select code.code, status, level, parent, version, organization_id, issued_on, closed_on, structural_on, valid_from, heir,
       announced, announced_grants, code.name, name_en, short_name, type, address, email, phone, fax, website, legacy_code,
       decision_number, decision_by, decision_on, decision_title, decision_uri, decision_sha256,
       predecessors, predecessors_total, successors, successors_total
from (select code, public.word_similarity($1::text, plain) as likeness
      from orgcode_ops.search
      where $1::text OPERATOR(public.<%) plain
      order by likeness desc, code
      limit $2::integer) as near
join code on code.code = near.code
order by (status = 1) desc, likeness desc, level, code.code
