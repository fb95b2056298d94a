-- Before a registry is read from the journal at once: the indexes that no look-up of the engine reads. May be repeated.
alter table receipt drop constraint if exists receipt_pkey;
-- Nobody is told anything of it, and what a crash takes is read again.
set synchronous_commit = off;
