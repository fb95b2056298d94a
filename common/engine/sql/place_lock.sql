-- First statement of every transaction: takes the place if it is still where this writer left it ($1 next_offset, $2 step), in
-- the table that it knows ($3: a schema that was rebuilt may have taken the name), else fails by dividing by zero, and with
-- it all that follows in the pipeline. Who renames a schema locks its place first.
select 1 / count(*)
from (select from place
      where next_offset = $1::bigint and step = $2::integer and tableoid = $3::bigint::oid for update) as place
