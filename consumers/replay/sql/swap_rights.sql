-- Statements that give the accounts the same rights on schema $2 as they have on $1, and its tables the same owners.
with grants as (
    select nspname as space, null as relname, null as attname, privilege_type, grantee, is_grantable
    from pg_namespace, aclexplode(nspacl)
    union all
    select relnamespace::regnamespace::text, relname, null, privilege_type, grantee, is_grantable
    from pg_class, aclexplode(relacl)
    where relkind = 'r'
    union all
    select relnamespace::regnamespace::text, relname, attname, privilege_type, grantee, is_grantable
    from pg_attribute join pg_class on attrelid = pg_class.oid, aclexplode(attacl)
    where relkind = 'r' and not attisdropped
)
select coalesce(string_agg(statement, '; '), '')
from (
    select format('alter table %I.%I owner to %I', $2::text, live.relname, pg_get_userbyid(live.relowner)) as statement
    from pg_class as live join pg_class as other using (relname, relkind)
    where live.relnamespace = to_regnamespace(quote_ident($1::text)) and other.relnamespace = to_regnamespace(quote_ident($2::text))
      and live.relkind = 'r' and live.relowner <> other.relowner
    union all
    select format('grant %s%s on %s to %s%s', privilege_type, ' (' || quote_ident(attname) || ')',
                  case when relname is null then format('schema %I', $2::text) else format('%I.%I', $2::text, relname) end,
                  case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
                  case when is_grantable then ' with grant option' end)
    from grants
    where space = quote_ident($1::text)
    union all
    select format('alter schema %I owner to %I', $2::text, pg_get_userbyid(live.nspowner))
    from pg_namespace as live, pg_namespace as other
    where live.nspname = $1::text and other.nspname = $2::text and live.nspowner <> other.nspowner
) as wanted
