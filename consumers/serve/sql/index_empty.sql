-- Begins anew: another registry, or one that has stepped back.
with emptied as (delete from orgcode_ops.entry), forgotten as (delete from orgcode_ops.word)
update orgcode_ops.entry_place set sequence = 0, registry_id = (select registry_id from place)
