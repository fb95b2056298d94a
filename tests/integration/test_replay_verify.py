"""orgcode-replay verify: the digest of a registry's state, its chains, and two registries against each other."""

import json

from harness.random_journal import random_records


def verify(registry, *args):
    done = registry.run("replay", "verify", "--json", *args)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def sound(applied):
    """What verify says of it, and of its digest alone."""
    code, lines = verify(applied)
    place = applied.place()
    assert code == 0 and len(lines) >= 11
    assert {"table": "change", "rows": place["sequence"]}.items() <= next(x for x in lines if x.get("table") == "change").items()
    end = lines[-1]
    assert (end["record"], end["sequence"], end["receipt"], end["offset"]) == tuple(
        place[n] for n in ("record", "sequence", "receipt", "next_offset"))
    code, again = verify(applied, "--digest")
    assert code == 0 and again == [end]


def test_what_is_broken_is_named(make_registry):
    applied = make_registry(mode="scripted", genesis=False)
    applied.journal(random_records(applied, 5, 150))
    applied.start("apply")
    applied.wait_applied()
    assert applied["apply"].stop() == 0
    sound(applied)
    damages = [
        ("update orgcode.change set subject = subject || 'x' where sequence = 3", "change", "hash"),
        ("update orgcode.change set data = replace(data, '\"hash\":\"', '\"hash\":\"0') where sequence = 3", "change", "no link of the chain"),
        ("update orgcode.receipt set data = replace(data, '\"number\":2', '\"number\":9') where number = 2", "receipt", "hash"),
        ("delete from orgcode.change where sequence = 4", "change", "hole"),
        ("delete from orgcode.receipt where number = (select max(number) from orgcode.receipt)", "receipt", "last number"),
        ("update orgcode.code set version = version + 1 where code = (select min(code) from orgcode.code where status = 1)", "code", "version"),
        ("update orgcode.code set announced = announced + 1 where code = (select min(code) from orgcode.code)", "code", "column announced"),
        ("update orgcode.place set change_head = receipt_head", "change", "head of the chain in place")]
    applied.sql("create schema kept")
    for table in ("change", "receipt", "place", "code"):
        applied.sql(f"create table kept.{table} as table orgcode.{table}")
    for damage, table, what in damages:
        applied.sql(damage)
        code, lines = verify(applied)
        difference = next(x["difference"] for x in lines if "difference" in x)
        assert code == 1 and (difference["table"], difference["what"]) == (table, what)
        applied.sql(f"truncate orgcode.{table}; insert into orgcode.{table} table kept.{table}; "
                    "truncate orgcode.place; insert into orgcode.place table kept.place")
    assert verify(applied)[0] == 0


def test_there_is_no_such_schema(registry):
    done = registry.run("replay", "verify", "--schema", "nowhere")
    assert done.returncode == 1 and "no registry in schema nowhere" in done.stderr
