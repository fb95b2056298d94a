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
        assert verify(applied, "--digest")[0] == 1, what
        applied.sql(f"truncate orgcode.{table}; insert into orgcode.{table} table kept.{table}; "
                    "truncate orgcode.place; insert into orgcode.place table kept.place")
    assert verify(applied)[0] == 0


def test_two_at_different_places(make_registry):
    """What both have is compared all the same; what hangs on the way by which the journal came is no difference."""
    registry = make_registry(mode="scripted", genesis=False)
    registry.journal(random_records(registry, 6, 150))
    registry.start("apply")
    registry.wait_applied()
    assert registry["apply"].stop() == 0
    end = registry.place()
    registry.run("replay", "rebuild", "--into", "behind", "--to", str(end["next_offset"] * 2 // 3), check=True)

    def compared():
        code, lines = verify(registry, "--schema", "behind", "--against", "orgcode", "--wait", "0s")
        assert code == 1 and {x["table"] for x in lines if "table" in x} == {"law", "code_version", "change", "receipt"}
        return lines[-1]["common"], [x["difference"] for x in lines if "difference" in x]

    place = dict(zip(("sequence", "receipt"), registry.sql("select sequence, receipt from behind.place")[0]))
    assert 0 < place["sequence"] < end["sequence"]
    assert compared() == ({**place, "differs": False}, [])
    both = registry.run("replay", "verify", "--against", "behind", "--wait", "0s", "--digest")
    assert both.returncode == 1 and both.stdout == "" and "is equal" in both.stderr
    registry.sql("update orgcode.change set subject = 'H99' where sequence = %s", place["sequence"])
    common, (difference, *_) = compared()
    assert common["differs"] and (difference["table"], difference["key"]) == ("change", f"sequence {place['sequence']}")
    registry.sql("update behind.change set subject = 'H99' where sequence = %s", place["sequence"])
    assert compared()[1][0]["what"] == "hash"
    registry.run("replay", "rebuild", "--into", "level", check=True)
    registry.sql("drop schema orgcode cascade; alter schema level rename to orgcode")
    registry.run("replay", "rebuild", "--into", "level", check=True)
    registry.sql("update level.place set mode = 1 - mode, next_offset = next_offset + 7, last_offset = last_offset + 7")
    code, lines = verify(registry, "--schema", "level", "--against", "orgcode", "--wait", "0s")
    assert code == 0 and not lines[-1]["differs"]


def test_there_is_no_such_schema(registry):
    done = registry.run("replay", "verify", "--schema", "nowhere")
    assert done.returncode == 1 and "no registry in schema nowhere" in done.stderr
