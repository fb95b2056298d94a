"""The journals of tests/golden through apply's engine into PostgreSQL: the stored digests, whatever the batch, the zone, the locale."""

import hashlib
import os
import subprocess
import sys

import pytest

from harness.program import BUILD
from harness.services import ROOT

sys.path.append(str(ROOT / "tests/golden"))

import golden  # noqa: E402

# The tables as of version 1: what the journal makes, less where it stood in Kafka.
TABLES = ("place", "origin_mark", "scheme", "code", "code_version", "succession", "act", "pending_act", "change", "receipt")
WITHOUT = "{next_offset,last_offset,last_digest}"
WRITE = os.environ.get("ORGCODE_GOLDEN") == "write"


def in_tables(registry, journal, batch, *options, env=None):
    tables = [t for t, in registry.sql("select tablename from pg_tables where schemaname = 'orgcode'")]
    registry.sql("truncate " + ", ".join(f"orgcode.{t}" for t in tables) + "; insert into orgcode.place default values")
    done = subprocess.run([BUILD / "tests/orgcode-sim-store", registry.conninfo, batch, *options], input=journal, env=env,
                          capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    place, digest = registry.place(), hashlib.sha256()
    registry.sql("set bytea_output = 'hex'")
    for table in TABLES:
        rows = sorted(row.encode() for row, in registry.sql(
            f"select jsonb_strip_nulls(to_jsonb(t) - %s::text[])::text from orgcode.{table} t", WITHOUT))
        digest.update(b"\n".join([table.encode(), *rows, b""]))
    return {f"changes {place['sequence']}": place["change_head"] or "0" * 64,
            f"receipts {place['receipt']}": place["receipt_head"] or "0" * 64, "tables": digest.hexdigest()}


@pytest.fixture
def database(make_registry):
    return make_registry(mode="scripted", authorities=(), genesis=False)


@pytest.fixture
def foreign(make_registry, tmp_path):
    """(registry, environment): a database that sorts as Vietnamese does, with settings of another place."""
    r = make_registry(mode="scripted", authorities=(), genesis=False, migrate=False)
    r.drop_database(r.database)
    r._admin_sql(f'create database "{r.database}" template template0 encoding \'UTF8\' locale_provider icu icu_locale \'vi-VN\'')
    for setting in ("timezone = 'America/New_York'", "datestyle = 'German, DMY'", "bytea_output = 'escape'", "extra_float_digits = 0"):
        r._admin_sql(f'alter database "{r.database}" set {setting}')
    env = golden.foreign_environment(tmp_path)
    r.run("apply", "--migrate", check=True, env={k: env[k] for k in ("TZ", "LC_ALL", "LOCPATH") if k in env})
    return r, env


def test_stored_journals_give_the_stored_digests(database, foreign):
    stored, found, bad = golden.parse() if golden.DIGESTS.exists() else {}, {}, []
    abroad, env = foreign
    for path in golden.journals():
        name, journal = golden.name_of(path), golden.read(path)
        memory = golden.in_memory(BUILD / "tests/sim/orgcode-sim", journal)
        found[name] = {**memory, **in_tables(database, journal, "1000")}
        want = found[name] if WRITE else stored.get(name, {})
        bad.append(golden.difference(name, want, found[name], "1000 records a transaction"))
        want = {k: v for k, v in want.items() if k not in ("records", "state")}
        for batch in ("1", "7"):
            bad.append(golden.difference(name, want, in_tables(database, journal, batch), f"{batch} records a transaction"))
        bad.append(golden.difference(name, want, in_tables(database, journal, "40", "apart"), "written by a thread"))
        bad.append(golden.difference(name, want, in_tables(abroad, journal, "7", env=env), f"in {env['LC_ALL']}, {env['TZ']}"))
    assert not [b for b in bad if b], "\n".join(b for b in bad if b)
    if WRITE:
        golden.DIGESTS.write_text(golden.text(found))
    assert stored or WRITE
