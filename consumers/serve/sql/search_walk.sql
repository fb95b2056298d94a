-- Entries of open codes whose text is like $1, in their order behind rank $2, among the first 4,000 there: what many have is found at
-- once. At most $3. Filters (null: any): authority $4, parent $5, level $6, status $7, scheme $8. Those like $9 (null: none) are left out.
select code, rank
from (select * from orgcode_ops.entry where rank > $2::text and rank < '1' order by rank limit 4000) as looked
where text like $1::text and ($9::text is null or text not like $9)
  and ($4::text is null or split_part(code, '.', 1) = $4) and ($5::text is null or parent = $5)
  and ($6::integer is null or level = $6) and ($7::integer is null or status = $7)
  and ($8::text is null or case when strpos(code, ':') > 0 then split_part(code, ':', 1)
                                when code ~ '^[0-9]' then 'enterprise' else 'gov' end = $8)
order by rank
limit $3::integer
