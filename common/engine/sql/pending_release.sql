-- The acts held for the authorities $1 are due at once, in order of their numbers.
update pending_act set released = true, due_ms = 0 where authority = any ($1::text[]) and kind = 1 and not released
