-- From what the codes $1 came, whole, in the columns of edges_from.sql.
select to_code, from_code, on_date, continues from succession where to_code = any ($1::text[]) and undone_sequence is null
