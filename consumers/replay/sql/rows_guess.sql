-- About how many rows the tables of the search path have.
select coalesce(sum(greatest(reltuples, 0)), 0)::bigint
from pg_class
where relnamespace = to_regnamespace(quote_ident(current_schema())) and relkind = 'r'
