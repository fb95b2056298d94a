-- A registry: what the journal makes, and nothing else. The tables are named without a schema: they are made in the first of
-- the search path, which is orgcode for the live registry, and another for one that is read again from the journal beside it.
-- Forward only. Every table but place, origin_mark and pending_act only grows; code, scheme and act hold the latest state.
--
-- Instants are milliseconds since 1970-01-01T00:00:00Z (columns ..._ms), dates are days at +07:00. Numbers of kinds, verdicts,
-- rules and change types are those of common/core (act.h, rule.h, registry.h); they never change. Text compares byte by byte.

-- Where the registry stands in its journal. One row; every writer moves it first, by compare-and-set on (next_offset, step).
create table place (
    one           boolean primary key default true check (one),
    born          boolean not null default false,   -- the genesis record has been read
    registry_id   uuid,
    epoch         integer not null default 0,
    mode          smallint not null default 0,      -- 0 live, 1 scripted
    rules_version integer not null default 0,
    record        bigint not null default 0,        -- number of the record in work or done last
    step          integer not null default 0,       -- 0: that record is done; else transactions made inside it
    decided       boolean not null default false,   -- step > 0: the record itself is decided, what it released goes on
    time_ms       bigint not null default 0,        -- journal time
    sequence      bigint not null default 0,        -- last change
    receipt       bigint not null default 0,        -- last receipt
    change_head   bytea,                            -- SHA-256 of the last change; null: none yet
    receipt_head  bytea,                            -- SHA-256 of the last receipt
    next_offset   bigint not null default 0,        -- journal offset to be read next (the record in work, while step > 0)
    last_offset   bigint,                           -- the record done last, any kind; null: none
    last_digest   bytea                             -- SHA-256 of that record: key, value and headers
);
insert into place default values;

-- How far each partition of the acts topics has been taken. Key: topic/partition.
create table origin_mark (
    origin        text collate "C" primary key,
    mark_offset   bigint not null,
    time_max_ms   bigint not null,
    since_ms      bigint not null
);

create table scheme (
    scheme        text collate "C" primary key,
    issuer        text collate "C" not null,
    grammar       text[] not null,      -- '=literal' or 'min,max:class', in order
    description   text,
    version       bigint not null,      -- changes of subject scheme:<scheme>
    act           bigint not null       -- record number of the act that registered it
);

-- One row per code ever named: the record in force after all facts, and what deciding needs beside it.
create table code (
    code              text collate "C" primary key,
    status            smallint not null,    -- 0 only named by announced acts, 1 open, 2 closed
    level             smallint not null,
    parent            text collate "C",
    version           bigint not null,      -- changes of this subject
    organization_id   uuid,
    issued_on         date,
    closed_on         date,
    structural_on     date,                 -- latest effective date of an issue, carrying or closing
    valid_from        date,                 -- latest valid_from of its facts
    heir              text collate "C",     -- closed: its one successor
    announced         integer not null,     -- announced acts that name it
    announced_grants  integer not null,     -- those of them that would grant it
    name              text,
    name_en           text,
    short_name        text,
    type              text,
    address           text,
    email             text,
    phone             text,
    fax               text,
    website           text,
    legacy_code       text collate "C",
    decision_number   text,                 -- null: no decision
    decision_by       text,
    decision_on       date,
    decision_title    text,
    decision_uri      text,
    decision_sha256   text,
    predecessors      text[],               -- 'YYYY-MM-DD code', with + for the space where the body continues; the first hundred; null: none
    predecessors_total integer,             -- null: all are shown
    successors        text[],
    successors_total  integer
) with (fillfactor = 90);
create index code_parent on code (parent) where parent is not null;
create index code_legacy on code (legacy_code) where legacy_code is not null;

-- History, valid time x recorded time, never updated: the record at validAt as known at knownAt is the row with the greatest
-- (valid_from, sequence) among those with valid_from <= validAt and sequence <= the last change at knownAt. A row with op is a
-- fact, what one act did to one code; a row without op restates a later day that a late entry changed.
create table code_version (
    code              text collate "C" not null,
    valid_from        date not null,
    sequence          bigint not null,      -- the change that wrote it
    version           bigint not null,      -- the subject's version with that change
    rank              bigint,               -- own sequence; a correction: that of the fact which it corrects
    act               bigint,               -- record number of the act that wrote it
    op                smallint,             -- bits: 1 issue, 2 carry, 4 close, 8 set, 16 void, 32 link, 64 undo
    mask              integer,              -- fields that the fact gives: 1 << position in given
    heir              text collate "C",     -- close: the one successor
    given             text[],               -- values of the fact; null: they are those of the record
    given_organization uuid,                -- issue, carry: null: that of the record
    status            smallint not null,
    organization_id   uuid,
    issued_on         date,
    closed_on         date,
    name              text,
    name_en           text,
    short_name        text,
    type              text,
    address           text,
    email             text,
    phone             text,
    fax               text,
    website           text,
    legacy_code       text collate "C",
    decision_number   text,
    decision_by       text,
    decision_on       date,
    decision_title    text,
    decision_uri      text,
    decision_sha256   text,
    predecessors      text[],
    predecessors_total integer,
    successors        text[],
    successors_total  integer,
    primary key (code, valid_from, sequence)
);

-- Dated succession edges. undone_sequence: the change with which the act of the edge was annulled.
create table succession (
    from_code       text collate "C" not null,
    to_code         text collate "C" not null,
    on_date         date not null,
    continues       boolean not null,
    act             bigint not null,
    sequence        bigint not null,
    undone_sequence bigint
);
create index succession_from on succession (from_code);
create index succession_to on succession (to_code);
create index succession_act on succession (act);

-- The latest verdict of every act that was taken. Its bytes are in the journal.
create table act (
    act_id         uuid not null,
    authority      text collate "C" not null,
    digest         bytea not null,
    kind           smallint not null,
    scheme         text collate "C",        -- null: gov
    verdict        smallint not null,
    rule           smallint not null,
    number         bigint not null,         -- journal record
    recorded_ms    bigint not null,
    effective_on   date not null,
    happened_on    date not null,
    decision_on    date,
    first_sequence bigint,                  -- changes of the latest verdict that wrote any
    last_sequence  bigint,
    primary key (act_id, authority)
);

-- Acts that wait: announced until their day, held until their authority's level-1 code is granted.
create table pending_act (
    number       bigint primary key,        -- journal record
    kind         smallint not null,         -- 0 announced, 1 held
    released     boolean not null,          -- held, and the code is granted: due at once
    due_ms       bigint not null,
    recorded_ms  bigint not null,
    authority    text collate "C" not null,
    act_id       uuid not null,
    bytes        bytea not null,            -- as published
    codes        text[],                    -- announced: codes that it names
    grants       boolean[]                  -- beside codes: would it grant the code
);
create index pending_act_due on pending_act (released desc, due_ms, kind, number);
create index pending_act_authority on pending_act (authority) where kind = 1;

-- What the world is told, in order, without holes. data is the RFC 8785 text, with hash and previousHash in it.
create table change (
    sequence        bigint primary key,
    type            smallint not null,
    subject         text collate "C" not null,
    subject_version bigint not null,
    act_id          uuid not null,
    act_index       integer not null,
    act_count       integer not null,
    effective_on    date not null,
    recorded_ms     bigint not null,
    data            text not null
) with (toast_tuple_target = 8160);

-- One for each verdict, in order, without holes. data is the RFC 8785 text, with hash and previousHash in it.
create table receipt (
    number    bigint primary key,
    authority text collate "C" not null,
    act_id    uuid,
    verdict   smallint not null,
    data      text not null
) with (toast_tuple_target = 8160);

alter table change alter column data set compression lz4;
alter table receipt alter column data set compression lz4;
alter table pending_act alter column bytes set compression lz4;

-- Rights of the roles (000_base.sql).
do $$
begin
    execute format('revoke all on schema %I from public', current_schema());
    execute format('grant usage on schema %I to orgcode_writer, orgcode_notifier, orgcode_reader, orgcode_operator', current_schema());
    execute format('grant select on all tables in schema %I to orgcode_writer, orgcode_reader, orgcode_operator', current_schema());
end
$$;
grant select on place, change, receipt to orgcode_notifier;

-- apply: appends to what only grows, and updates the rest; it deletes nothing but acts that wait no longer.
grant insert on code_version, change, receipt to orgcode_writer;
grant insert, update on origin_mark, scheme, code, act to orgcode_writer;
grant update on place to orgcode_writer;
grant insert, update (undone_sequence) on succession to orgcode_writer;
grant insert, delete, update (released, due_ms) on pending_act to orgcode_writer;
