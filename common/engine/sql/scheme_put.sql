insert into scheme select * from unnest($1::scheme[])
on conflict (scheme) do update
set description = excluded.description, version = excluded.version, act = excluded.act
