-- Begins anew: another registry, or one that has stepped back.
with emptied as (delete from orgcode_ops.search)
update orgcode_ops.search_place set sequence = 0, registry_id = (select registry_id from place)
