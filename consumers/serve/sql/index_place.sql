-- Takes the index's place for this transaction (another copy waits its turn: no row), and says whether it is this registry's.
select entry_place.sequence, place.sequence, entry_place.registry_id is not distinct from place.registry_id
       and entry_place.sequence <= place.sequence
from orgcode_ops.entry_place, place
for update of entry_place skip locked
