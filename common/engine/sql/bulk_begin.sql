-- Before a registry is read from the journal at once: the indexes that no look-up of the engine reads. May be repeated.
-- Whoever has written beside a session that failed has come to his end when the tables are locked; then what he has written beyond
-- the place is removed.
lock table code_version, change in share row exclusive mode;
alter table receipt drop constraint if exists receipt_pkey;
delete from code_version where sequence > (select sequence from place);
delete from change where sequence > (select sequence from place);
delete from receipt where number > (select receipt from place);
-- Nobody is told anything of it, and what a crash takes is read again.
set synchronous_commit = off;
