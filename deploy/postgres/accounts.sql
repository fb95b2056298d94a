-- The logins of the services, each with the roles that `orgcode-apply --migrate` makes and nothing else. May be repeated; by
-- an account that may make roles. They have no password: pg_hba.conf says how they prove who they are (certificates: `cert`).
do $$
declare
    pair text[];
begin
    foreach pair slice 1 in array array[['orgcode-apply', 'orgcode_writer'], ['orgcode-notify', 'orgcode_notifier'],
                                        ['orgcode-serve', 'orgcode_reader'], ['orgcode-serve', 'orgcode_indexer'],
                                        ['orgcode-redrive', 'orgcode_reader'], ['orgcode-replay', 'orgcode_operator']] loop
        if not exists (select from pg_roles where rolname = pair[2]) then
            execute format('create role %I nologin', pair[2]);
        end if;
        if not exists (select from pg_roles where rolname = pair[1]) then
            execute format('create role %I login', pair[1]);
        end if;
        execute format('grant %I to %I', pair[2], pair[1]);
    end loop;
    -- people may see what the sessions of all logins wait for
    grant pg_read_all_stats to "orgcode-replay";
    if exists (select from pg_roles where rolname = 'orgcode') then
        grant pg_read_all_stats to orgcode;
    end if;
end
$$;
