-- Entries that have the words and marks $1, best first, behind $2, at most $3; filters $4 to $8 as in search_walk.sql. The order reads from left
-- to right: $9 (a digit), the code itself ($10: the question), open before closed, the words as they stand in the question (like $11),
-- then that of the entries. Those like $12 (null: none) are left out.
select code, rank
from (select code, $9::text || case when lower(code) = $10::text then '0' else '1' end || left(rank, 1)
                   || case when text like $11::text then '0' else '1' end || substr(rank, 2) collate "C" as rank
      from orgcode_ops.entry
      where orgcode_ops.words(text, code, parent, level) @@ $1::text::tsquery and ($12::text is null or text not like $12)
        and ($4::text is null or split_part(code, '.', 1) = $4) and ($5::text is null or parent = $5)
        and ($6::integer is null or level = $6) and ($7::integer is null or status = $7)
        and ($8::text is null or case when strpos(code, ':') > 0 then split_part(code, ':', 1)
                                      when code ~ '^[0-9]' then 'enterprise' else 'gov' end = $8)) as found
where rank collate "C" > $2::text
order by rank collate "C"
limit $3::integer
