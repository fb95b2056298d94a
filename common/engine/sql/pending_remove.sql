delete from pending_act where number = any ($1::bigint[])
