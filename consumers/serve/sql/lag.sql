-- How far a replica is behind what it has received: ms since the last transaction that it has replayed; 0 when there is nothing
-- to replay. Cut off from its primary it cannot know.
select case when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
            else greatest(0, coalesce(extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000, 0)) end::bigint
