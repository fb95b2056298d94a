-- The edges of the acts $1 end with the changes $2 beside them.
update succession set undone_sequence = undo.sequence
from unnest($1::bigint[], $2::bigint[]) as undo (act, sequence)
where succession.act = undo.act and undone_sequence is null
