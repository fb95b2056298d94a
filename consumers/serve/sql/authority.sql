-- Who has authority over codes of level-1 code $1 today: it while it is open, else its heir, and so on. No row: nobody.
with recursive chain (code, status, heir) as (
    select code, status, heir from code where code = $1::text
    union
    select next.code, next.status, next.heir
    from chain join code as next on next.code = chain.heir
    where chain.status = 2
)
select code from chain where status = 1 limit 1
