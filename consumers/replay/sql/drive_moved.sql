-- Does the registry stand elsewhere than at this offset?
select next_offset <> $1 from place
