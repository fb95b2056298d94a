-- Wakes those who follow the changes, once the transaction is committed.
select pg_notify('orgcode_change', '')
