-- What became of the level-1 codes of these accounts: 0 only announced, 1 open, 2 closed.
select code, status::int4, closed_on from orgcode.code where code = any ($1::text[])
