-- Tables, their row types, for rows sent as arrays, and their columns in order.
select relname::text, reltype::bigint, pg_class.oid::bigint, quote_ident(attname), atttypid::bigint
from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
where relnamespace = to_regnamespace(quote_ident(current_schema())) and relkind = 'r'
order by relname, attnum
