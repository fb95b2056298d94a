-- What every migration stands on; made again at each start of a migration, so every statement can be repeated.
-- Schema orgcode holds what the journal makes, orgcode_ops what stands beside it.

create schema if not exists orgcode;
create schema if not exists orgcode_ops;

create table if not exists orgcode_ops.migration (
    number     integer primary key,
    name       text not null,
    applied_at timestamptz not null default now()
);

-- Least privilege: four roles without login, to be granted to the accounts of the programs. They belong to the whole server,
-- so another registry's migration may make them at the same time.
do $$
declare
    role_name text;
begin
    foreach role_name in array array['orgcode_writer', 'orgcode_notifier', 'orgcode_reader', 'orgcode_operator'] loop
        if not exists (select from pg_roles where rolname = role_name) then
            begin
                execute format('create role %I nologin', role_name);
            exception when duplicate_object or unique_violation then
                null;
            end;
        end if;
    end loop;
end
$$;

revoke all on schema orgcode_ops from public;
grant usage on schema orgcode_ops to orgcode_writer, orgcode_operator;
grant select on orgcode_ops.migration to orgcode_writer, orgcode_operator;
