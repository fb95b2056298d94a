-- Codes $1 and what they name today: themselves, or the open codes that bear them as legacy code.
select asked, coalesce(code.code, bearer.code), code.code is null
from unnest($1::text[]) as asked
left join code on code.code = asked and code.status <> 0
left join lateral (select code from code where legacy_code = asked and status = 1 order by code limit 1) as bearer
    on code.code is null
where coalesce(code.code, bearer.code) is not null
