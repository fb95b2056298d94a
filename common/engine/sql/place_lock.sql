-- First statement of every transaction: takes the place if it is still where this writer left it ($1 next_offset, $2 step),
-- else fails by dividing by zero, and with it all that follows in the pipeline.
select 1 / count(*)
from (select from place where next_offset = $1::bigint and step = $2::integer for update) as place
