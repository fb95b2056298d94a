-- A question as the index has it, and how far the index of this registry has come (null: it is not kept).
select orgcode_ops.plain($1::text),
       (select search_place.sequence from orgcode_ops.search_place join place using (registry_id) where search_place.sequence > 0)
