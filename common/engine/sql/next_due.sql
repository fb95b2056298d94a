-- The earliest due instant: 0 when a held act is released. No row: nothing waits.
select case when released then 0 else due_ms end from pending_act order by released desc, due_ms, kind, number limit 1
