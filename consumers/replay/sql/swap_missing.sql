-- Why the registry in schema $2 cannot take the place of the one in $1: what it lacks, and what would go on reading the old one.
with indexes as (
    select schemaname, tablename, indexname, replace(indexdef, ' ON ' || quote_ident(schemaname) || '.', ' ON ') as definition
    from pg_indexes
), tables as (
    select relname, relnamespace::regnamespace::text as space, relpersistence
    from pg_class
    where relkind = 'r'
)
select format('index %s on table %s is missing: the rebuild did not come to its end', indexname, tablename)
from (select tablename, indexname, definition from indexes where schemaname = $1::text
      except select tablename, indexname, definition from indexes where schemaname = $2::text) as lost
union all
select format('table %s is missing', relname)
from (select relname from tables where space = quote_ident($1::text)
      except select relname from tables where space = quote_ident($2::text)) as lost
union all
select format('table %s does not survive a crash', relname) from tables where space = quote_ident($2::text) and relpersistence <> 'p'
union all
select distinct format('view %s reads %s by its number, and would go on with the old one: drop it, and make it again after the swap',
                       pg_rewrite.ev_class::regclass, refobjid::regclass)
from pg_depend
join pg_rewrite on pg_depend.classid = 'pg_rewrite'::regclass and pg_depend.objid = pg_rewrite.oid
join pg_class as read on pg_depend.refclassid = 'pg_class'::regclass and pg_depend.refobjid = read.oid
where read.relnamespace = to_regnamespace(quote_ident($1::text)) and pg_rewrite.ev_class <> read.oid
order by 1
