-- Numbers of the row types, for rows sent as arrays.
select relname::text, reltype::bigint
from pg_class
where relnamespace = to_regnamespace(quote_ident(current_schema())) and relkind = 'r'
