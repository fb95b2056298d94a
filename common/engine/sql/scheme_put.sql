insert into scheme (scheme, issuer, grammar, description, version, act)
select scheme, issuer, grammar, description, version, act
from unnest($1::scheme[])
on conflict (scheme) do update
set description = excluded.description, version = excluded.version, act = excluded.act
