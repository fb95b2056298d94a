-- Codes of the changes behind $1 up to $2 as they stand now.
with subjects as (
    select distinct subject from change where sequence > $1::bigint and sequence <= $2::bigint
), made as (
    select code, status, level, parent,
           '| ' || translate(orgcode_ops.apart(concat_ws(e' \x01 ', coalesce(name, ''), short_name, name_en, code, legacy_code)),
                            e'\x01', '|') || ' |' as text
    from subjects join code on code = subject
    where status <> 0
), put as (
    insert into orgcode_ops.entry (code, status, level, parent, text, rank)
    select code, status, level, parent, text,
           case when status = 1 then '0' else '1' end || lpad(level::text, 2, '0') || code
    from made
    on conflict (code) do update
        set status = excluded.status, level = excluded.level, parent = excluded.parent, text = excluded.text, rank = excluded.rank
        where (entry.text, entry.rank, entry.parent) is distinct from (excluded.text, excluded.rank, excluded.parent)
), learned as (
    insert into orgcode_ops.word
    select distinct word from made cross join unnest(string_to_array(text, ' ')) as word
    where length(word) between 2 and 30 and word !~ '[0-9|]'
    on conflict do nothing
)
update orgcode_ops.entry_place set sequence = $2::bigint, registry_id = (select registry_id from place)
