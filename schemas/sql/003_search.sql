-- What people search: names without diacritics, beside the registry, filled by orgcode-serve --index from the changes. It can be
-- emptied at any time and fills itself again.

create extension if not exists unaccent with schema public;
create extension if not exists pg_trgm with schema public;

-- "Hà Nội" and "HA NOI" are one.
create function orgcode_ops.plain(text) returns text language sql immutable strict parallel safe
    as $$ select lower(public.unaccent('public.unaccent'::regdictionary, $1)) $$;

create table orgcode_ops.search (
    code  text collate "C" primary key,
    plain text not null,    -- names, code and legacy code, plain, separated by ' | '
    name  text not null     -- the name, plain: what ranks
);
create index search_plain on orgcode_ops.search using gin (plain public.gin_trgm_ops);

-- How far the index has come.
create table orgcode_ops.search_place (
    one         boolean primary key default true check (one),
    registry_id uuid,
    sequence    bigint not null default 0
);
insert into orgcode_ops.search_place default values;

do $$
begin
    if not exists (select from pg_roles where rolname = 'orgcode_indexer') then
        begin
            create role orgcode_indexer nologin;
        exception when duplicate_object or unique_violation then
            null;
        end;
    end if;
end
$$;
grant usage on schema orgcode, orgcode_ops to orgcode_indexer;
grant usage on schema orgcode_ops to orgcode_reader;
grant select on all tables in schema orgcode to orgcode_indexer;
grant select on orgcode_ops.search, orgcode_ops.search_place to orgcode_reader, orgcode_operator, orgcode_indexer;
grant insert, update, delete, truncate on orgcode_ops.search to orgcode_indexer;
grant update on orgcode_ops.search_place to orgcode_indexer;
