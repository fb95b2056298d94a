-- What people search, in place of 003's tables (which the release before still fills, and which go a release later): names without
-- diacritics, beside the registry, filled by orgcode-serve --index from the changes. It can be emptied at any time and fills itself again.

-- "Bà Rịa - Vũng Tàu" is the words "ba ria vung tau"; what stands inside a code stays.
create function orgcode_ops.apart(text) returns text language sql immutable strict parallel safe
    as $$ select regexp_replace(orgcode_ops.plain($1), '(?:[.:]*[[:space:],;()"/&@^|''’–-])+|[.:]+$', ' ', 'g') $$;

-- What an entry is found by: its words; each name and code as a whole (=); and marks of the level-1 code above (@), the parent (^) and
-- the level (#). Nothing but the index shall compute it, so it is said to be costly.
create function orgcode_ops.words(text text, code text, parent text, level smallint) returns tsvector
    language plpgsql immutable parallel safe cost 10000 as $$
begin
    return array_to_tsvector(array_remove(string_to_array(text, ' '), '')
        || string_to_array('=' || replace(btrim(text, ' |'), ' | ', e'\x01='), e'\x01')
        || array['@' || lower(split_part(code, '.', 1)), '^' || lower(coalesce(parent, '')), '#' || level]);
end
$$;

create table orgcode_ops.entry (
    code   text collate "C" primary key,
    status smallint not null,
    level  smallint not null,
    parent text collate "C",
    text   text not null,               -- '| so xay dung | h26.18 |': names, code and legacy code, apart
    rank   text collate "C" not null    -- open before closed, high levels, then by code
);
create unique index entry_rank on orgcode_ops.entry (rank);
create index entry_words on orgcode_ops.entry using gin (orgcode_ops.words(text, code, parent, level)) with (fastupdate = off);

-- Every word without digits that was ever in an entry: among them is what somebody meant who mistyped it.
create table orgcode_ops.word (word text collate "C" primary key);
create index word_likeness on orgcode_ops.word using gist (word public.gist_trgm_ops);

-- How far the entries have come.
create table orgcode_ops.entry_place (
    one         boolean primary key default true check (one),
    registry_id uuid,
    sequence    bigint not null default 0
);
insert into orgcode_ops.entry_place default values;

grant select on orgcode_ops.entry, orgcode_ops.word, orgcode_ops.entry_place to orgcode_reader, orgcode_operator, orgcode_indexer;
grant insert, update, delete, truncate on orgcode_ops.entry, orgcode_ops.word to orgcode_indexer;
grant update on orgcode_ops.entry_place to orgcode_indexer;
