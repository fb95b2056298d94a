-- Subjects of the changes $1 to $2.
select subject from change where sequence between $1::bigint and $2::bigint order by sequence
