-- For each of the words $1 that no entry has, in their order: its number and the words that are most like it.
select number, alike.word
from unnest((select $1::text[])) with ordinality as asked (word, number)
left join lateral (select word from orgcode_ops.word order by word OPERATOR(public.<->) asked.word limit 20) as alike on true
where asked.word !~ '[0-9]' and length(asked.word) between 2 and 30 and not exists (select from orgcode_ops.word where word = asked.word collate "C")
order by number
