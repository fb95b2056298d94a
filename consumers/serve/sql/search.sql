-- Codes whose texts hold every word of $1 (plain, as LIKE patterns; the index knows no "all": $10 to $12 are the longest), best first; behind the rank $8, at most $9. $2: what was asked,
-- plain. Filters (null: any): authority $3, parent $4, level $5, status $6, scheme $7. The rank reads from left to right: the code
-- itself, whole words, open before closed, the words as they stand in the name, from its beginning, high levels, short names.
with found as (
    select code.*, (case when lower(code.code) = $2::text then '0' else '1' end)
        || (case when ' ' || search.plain || ' ' like all (array(select '% ' || substr(word, 2, length(word) - 2) || ' %'
                                                                 from unnest($1::text[]) as word)) then '0' else '1' end)
        || (case when code.status = 1 then '0' else '1' end)
        || (case when strpos(search.name, $2) > 0 then '0' else '1' end)
        || lpad(level::text, 2, '0')
        || (case when strpos(search.name, $2) = 1 then '0' else '1' end)
        || lpad(length(search.name)::text, 4, '0') || code.code collate "C" as rank
    from orgcode_ops.search join code on code.code = search.code
    where search.plain like $10::text and search.plain like $11::text and search.plain like $12::text and search.plain like all ($1::text[])
      and ($3::text is null or split_part(code.code, '.', 1) = $3) and ($4::text is null or parent = $4)
      and ($5::integer is null or level = $5) and ($6::integer is null or status = $6)
      and ($7::text is null or case when strpos(code.code, ':') > 0 then split_part(code.code, ':', 1)
                                    when code.code ~ '^[0-9]' then 'enterprise' else 'gov' end = $7)
)
select code, status, level, parent, version, organization_id, issued_on, closed_on, structural_on, valid_from, heir,
       announced, announced_grants, name, name_en, short_name, type, address, email, phone, fax, website, legacy_code,
       decision_number, decision_by, decision_on, decision_title, decision_uri, decision_sha256,
       predecessors, predecessors_total, successors, successors_total, rank
from found
where rank collate "C" > $8::text
order by rank collate "C"
limit $9::integer
