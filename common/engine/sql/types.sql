-- Numbers of the tables, and of their row types, for rows sent as arrays.
select relname::text, reltype::bigint, oid::bigint
from pg_class
where relnamespace = to_regnamespace(quote_ident(current_schema())) and relkind = 'r'
