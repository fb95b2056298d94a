-- Open codes that bear legacy code $1.
select code from code where legacy_code = $1::text and status = 1 order by code limit 16
