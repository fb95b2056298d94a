-- What became of the codes $1, whole.
select from_code, to_code, on_date, continues from succession where from_code = any ($1::text[]) and undone_sequence is null
