-- The next rows of snapshot.sql.
fetch 1000 from snapshot
