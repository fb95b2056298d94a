-- A question as the index has it, and how far the index of this registry has come (null: it is not kept).
select orgcode_ops.apart($1::text),
       (select entry_place.sequence from orgcode_ops.entry_place join place using (registry_id) where entry_place.sequence > 0)
