-- Moves the place that place_lock has taken.
update place
set born = $1::boolean, registry_id = $2::uuid, epoch = $3::integer, mode = $4::integer, rules_version = $5::integer,
    record = $6::bigint, step = $7::integer, decided = $8::boolean, time_ms = $9::bigint, sequence = $10::bigint,
    receipt = $11::bigint, change_head = $12::bytea, receipt_head = $13::bytea, next_offset = $14::bigint,
    last_offset = $15::bigint, last_digest = $16::bytea
