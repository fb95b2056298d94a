-- Who has authority over codes of level-1 code $1 today: it while it is open, else its heir, and so on. No row: nobody.
with recursive chain (code, status, heir, step) as (
    select code, status, heir, 0 from code where code = $1::text
    union all
    select next.code, next.status, next.heir, step + 1
    from chain join code as next on next.code = chain.heir
    where chain.status = 2 and step < 64
)
select code from chain where status = 1 limit 1
