-- The columns of table $1 of the search path, those of the key $2 first, in its order, without those of $3.
select attname::text, quote_ident(attname), atttypid::bigint, array_position(key.name, attname::text) is not null
from pg_attribute, lateral (select string_to_array($2::text, ', '), string_to_array($3::text, ', ')) as key (name, but)
where attrelid = to_regclass($1::text) and attnum > 0 and not attisdropped and attname::text <> all (coalesce(key.but, '{}'))
order by array_position(key.name, attname::text) nulls last, attnum
