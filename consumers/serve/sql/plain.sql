-- A question as the index has it.
select orgcode_ops.plain($1::text)
