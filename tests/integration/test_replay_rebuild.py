"""orgcode-replay rebuild: the same journal gives the same registry, whatever happened to the first one and happens to the second."""

import json

import pytest

from harness import wait_until
from harness.random_journal import random_records


def replay(registry, command, *args, check=True):
    done = registry.run("replay", command, "--json", *args)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def digest(registry, schema="orgcode"):
    return replay(registry, "verify", "--digest", "--schema", schema)[-1]["digest"]


def same(registry, schema="rebuilt"):
    """Equal row by row, and by digest."""
    lines = replay(registry, "verify", "--schema", schema, "--against", "orgcode")
    assert not [x for x in lines if "difference" in x] and not lines[-1]["differs"]
    assert lines[-1]["digest"] == digest(registry)
    return lines[-1]


@pytest.mark.parametrize("seed", [21, 22])
def test_random_journals(make_registry, seed):
    registry = make_registry(mode="scripted", genesis=False)
    registry.journal(random_records(registry, seed, 250))
    registry.start("apply", "--batch-records", "7")
    registry.wait_applied()
    (plan, done) = replay(registry, "rebuild", "--into", "rebuilt")
    assert plan["plan"]["head"] == "rebuilt-new" and done["done"]["offset"] == registry.journal_end()
    end = same(registry)
    assert end["sequence"] > 20
    replay(registry, "rebuild", "--into", "one", "--batch-records", "1", "--to", "100")
    assert registry.value("select next_offset from one.place") == 100
    replay(registry, "rebuild", "--into", "one", "--batch-records", "3")
    same(registry, "one")
