-- Takes the index's place for this transaction (another copy waits its turn: no row), and says whether it is this registry's.
select search_place.sequence, place.sequence, search_place.registry_id is not distinct from place.registry_id
       and search_place.sequence <= place.sequence
from orgcode_ops.search_place, place
for update of search_place skip locked
