"""The live schema is renamed away, and another takes its name, while apply writes: nothing is lost, nothing goes to the wrong one."""

import psycopg2
import pytest
from harness import wait_until
from test_apply_crash import fill, replay, wait_active

TABLES = ("place", "origin_mark", "scheme", "code", "code_version", "succession", "act", "pending_act", "change", "receipt", "law")
SWAPS = 4


def swap(registry, old):
    """A copy of the schema takes its name, the place is the same in both: in one moment, under the lock that writers take first."""
    with psycopg2.connect(registry.conninfo) as connection, connection.cursor() as sql:
        sql.execute("lock table orgcode.place in access exclusive mode")
        sql.execute("create schema copy")
        for table in TABLES:
            sql.execute(f"create table copy.{table} (like orgcode.{table} including all); insert into copy.{table} select * from orgcode.{table}")
        sql.execute("grant usage on schema copy to orgcode_writer; grant select, insert, update, delete on all tables in schema copy to orgcode_writer")
        sql.execute("select next_offset, sequence, receipt from copy.place")
        place = sql.fetchone()
        sql.execute(f"alter schema orgcode rename to {old}; alter schema copy rename to orgcode")
    connection.close()
    return place


def stands(registry, schema):
    return registry.sql(f"select next_offset, sequence, receipt from {schema}.place")[0]


def test_swapped_under_load(scripted):
    apply = scripted.start("apply", "--batch-records", "20")
    wait_active(apply)
    places = []
    for n in range(SWAPS):
        fill(scripted, count=300, root=n == 0, first=n * 300 + 1)
        wait_until(lambda: scripted.place()["record"] > n * 300 + 30, 60)
        places.append(swap(scripted, f"old{n}"))
    fill(scripted, count=300, root=False, first=SWAPS * 300 + 1)
    scripted.wait_applied(deadline=60)
    assert apply.running and "swapped" in apply.log_text()
    for n, place in enumerate(places):
        assert stands(scripted, f"old{n}") == place  # nothing came after it had lost its name
        assert scripted.value(f"select count(*) from old{n}.change") == place[1]
        assert scripted.value(f"select count(*) from old{n}.receipt") == place[2]
        assert scripted.value(f"select max(sequence) from old{n}.code_version") == place[1]
    found, again = replay(scripted)
    assert found == again and found["sequence"] == (SWAPS + 1) * 300 + 1


@pytest.mark.parametrize("taken_over", [False, True])
def test_swapped_at_rest(scripted, taken_over):
    """The active one has slept through it, or its standby, which had opened the old one, becomes active."""
    first = scripted.start("apply")
    wait_active(first)
    if taken_over:
        second = scripted.start("apply")
        scripted.wait_joined("apply", 2)
    fill(scripted)
    scripted.wait_applied()
    place = swap(scripted, "old")
    if taken_over:
        assert first.stop() == 0
    fill(scripted, root=False, first=401)
    scripted.wait_applied(deadline=60)
    assert stands(scripted, "old") == place
    found, again = replay(scripted)
    assert found == again and found["sequence"] == 801
