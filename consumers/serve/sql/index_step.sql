-- Codes of the changes behind $1 up to $2 as they stand now.
with subjects as (
    select distinct subject from change where sequence > $1::bigint and sequence <= $2::bigint
), put as (
    insert into orgcode_ops.search (code, plain, name)
    select code, orgcode_ops.plain(concat_ws(' | ', name, short_name, name_en, code, legacy_code)),
           orgcode_ops.plain(coalesce(name, ''))
    from subjects join code on code = subject
    where status <> 0
    on conflict (code) do update set plain = excluded.plain, name = excluded.name
        where (search.plain, search.name) is distinct from (excluded.plain, excluded.name)
)
update orgcode_ops.search_place set sequence = $2::bigint, registry_id = (select registry_id from place)
