"""orgcode-replay rebuild: the same journal gives the same registry, whatever happened to the first one and happens to the second."""

import json

import pytest

from harness import wait_until
from harness.load import Load, Loader
from harness.random_journal import random_records
from harness.services import ROOT


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
    assert plan["plan"]["head"] == f"rebuilt-new-0-{registry.journal_end()}" and done["done"]["offset"] == registry.journal_end()
    end = same(registry)
    assert end["sequence"] > 20
    replay(registry, "rebuild", "--into", "one", "--batch-records", "1", "--to", "100")
    assert registry.value("select next_offset from one.place") == 100
    replay(registry, "rebuild", "--into", "one", "--batch-records", "3")
    same(registry, "one")


HOOKS = ("before-commit", "after-commit", "in-copy", "before-bulk-end")


def test_killed_anywhere_and_begun_again(scripted):
    """Its place is in the schema: what was committed is not read again, and what was not is."""
    units = [scripted.established(f"H26.{n}", on="2025-06-01") for n in range(1, 600)]
    scripted.journal_acts([scripted.established("H26", "ROOT", on="2025-01-01"), *units], at="2025-06-10T08:00")
    scripted.start("apply")
    scripted.wait_applied()
    trigger, end = scripted.folder / "crash", scripted.journal_end()
    reached = 100
    replay(scripted, "rebuild", "--into", "rebuilt", "--to", str(reached))
    for point in HOOKS:
        trigger.write_text("")
        died = scripted.run("replay", "rebuild", "--into", "rebuilt", "--batch-records", "150",
                            env={"ORGCODE_CRASH_AT": point, "ORGCODE_CRASH_FILE": str(trigger)})
        assert died.returncode == -9 and not trigger.exists(), (point, died.stdout + died.stderr)
        now = scripted.value("select next_offset from rebuilt.place")
        assert reached <= now <= end
        reached = now
    assert reached > 100
    refused = scripted.run("replay", "swap", "--schema", "rebuilt")
    assert refused.returncode == 1 and "index receipt_pkey" in refused.stderr
    (plan, done) = replay(scripted, "rebuild", "--into", "rebuilt")
    assert (plan["plan"]["from"], done["done"]["offset"]) == (reached, end)
    same(scripted)
    (plan,) = replay(scripted, "rebuild", "--into", "rebuilt", "--fresh", "--dry-run")
    assert plan["plan"]["drops"] and scripted.value("select next_offset from rebuilt.place") == end
    head = plan["plan"]["head"]
    assert scripted.run("replay", "rebuild", "--into", "rebuilt", "--at", head).returncode == 1  # reads on: another plan
    # A plan ends where it ended when it was made, and drops what stood there then.
    scripted.journal_tick("2025-06-10T09:00")
    replay(scripted, "rebuild", "--into", "rebuilt", "--fresh", "--at", head)
    assert scripted.value("select next_offset from rebuilt.place") == end
    assert scripted.run("replay", "rebuild", "--into", "rebuilt", "--fresh", "--at", head).returncode == 1
    head = replay(scripted, "rebuild", "--into", "made", "--dry-run")[0]["plan"]["head"]
    replay(scripted, "rebuild", "--into", "made", "--at", head)
    assert scripted.run("replay", "rebuild", "--into", "made", "--fresh", "--at", head).returncode == 1
    replay(scripted, "rebuild", "--into", "rebuilt")
    scripted.wait_applied()
    same(scripted)


def test_stopped_and_used_by_two(scripted):
    units = [scripted.established(f"H26.{n}", on="2025-06-01") for n in range(1, 300)]
    scripted.journal_acts([scripted.established("H26", "ROOT", on="2025-01-01"), *units], at="2025-06-10T08:00")
    trigger = scripted.folder / "crash"
    trigger.write_text("")
    first = scripted.start("replay", "rebuild", "--into", "rebuilt", "--batch-records", "50", label="first",
                           env={"ORGCODE_CRASH_AT": "after-commit", "ORGCODE_CRASH_FILE": str(trigger), "ORGCODE_CRASH_SIGNAL": "STOP"})
    wait_until(lambda: not trigger.exists(), 30)
    second = scripted.run("replay", "rebuild", "--into", "rebuilt")
    assert second.returncode == 1 and "another rebuild works on schema rebuilt" in second.stderr
    first.process.terminate()
    first.resume()
    assert first.wait() == 3 and "goes on from there" in first.log_text()
    assert 0 < scripted.value("select next_offset from rebuilt.place") < scripted.journal_end()
    replay(scripted, "rebuild", "--into", "rebuilt")
    scripted.start("apply")
    scripted.wait_applied()
    same(scripted)


def test_a_journal_that_is_not_ours_or_not_whole(make_registry):
    ours, other = make_registry(mode="scripted"), make_registry(mode="scripted")
    for registry in (ours, other):
        registry.start("apply")
        registry.wait_applied()
    done = ours.run("replay", "rebuild", "--into", "rebuilt", "--prefix", other.prefix)
    assert done.returncode == 4 and "is the journal of registry" in done.stderr
    done = ours.run("replay", "rebuild", "--into", "rebuilt")
    assert done.returncode == 4 and "another journal" in done.stderr, done.stderr
    replay(ours, "rebuild", "--into", "rebuilt", "--fresh")
    same(ours)
    ours.kafka.configure(f"{ours.prefix}.journal", **{"retention.ms": "3600000"})
    done = ours.run("replay", "rebuild", "--into", "rebuilt", "--fresh")
    assert done.returncode == 4 and "retention.ms" in done.stderr, done.stderr
    for name in ("orgcode", "orgcode_ops", "orgcode_before", "pg_x", "public"):
        assert ours.run("replay", "rebuild", "--into", name).returncode == 2


@pytest.mark.slow
@pytest.mark.noasan
def test_after_every_kind_of_death(make_registry, services):
    """Acts held and announced, ticks, repeats, redrives, one of them killed; both copies of apply killed in turns, validate, the
    follower, PostgreSQL and Kafka too."""
    load = Load(41, 600, groups=2)
    registry = make_registry(mode="scripted", authorities=load.authorities)
    load.frame(registry)
    for label in ("validate", "apply", "apply-2"):
        registry.start(label.partition("-")[0], label=label)
    loader = Loader(registry, load, 10)
    registry.start("replay", "rebuild", "--into", "rebuilt", "--follow", "--batch-records", "9", label="follower")
    follows = 1
    wait_until(lambda: "schema rebuilt is at" in registry["follower"].log_text(), 60)
    try:
        for victims in (["apply"], ["follower"], ["apply-2", "apply"], ["postgres"], ["follower", "apply", "validate"],
                        ["kafka"], ["apply-2"]):
            for victim in victims:
                services.kill(victim) if victim in ("postgres", "kafka") else registry[victim].kill()
            for victim in victims:
                services.start(victim) if victim in ("postgres", "kafka") else registry[victim].start()
            follows += "follower" in victims
            wait_until(lambda: registry["follower"].log_text().count("schema rebuilt is at") == follows, 60)
            place = wait_until(registry.journal_end, 60)
            wait_until(lambda: registry.value("select next_offset from orgcode.place") >= place, 60)
            if victims in (["postgres"], ["kafka"]):
                died = registry.run("replay", "redrive", "--again", "--limit", "9",
                                    env={"ORGCODE_CRASH_AT": "redrive-sent" if victims == ["kafka"] else "redrive-committed"})
                assert died.returncode == -9, died.stdout + died.stderr
    finally:
        loader.finish()
    registry.run("replay", "redrive", "--again", check=True)
    registry.wait_validated(deadline=120)
    registry.wait_applied(deadline=120)
    ledger = [json.loads(m.value)["newOrigin"] for m in registry.read("redrive")]
    decided = {origin for (origin,) in registry.sql("select data::json #>> '{origin,topic}' || '-0-' || (data::json #>> '{origin,offset}') "
                                                    "from orgcode.receipt")}
    assert len(ledger) > 9 and set(ledger) <= decided  # what came by a redrive was decided too
    wait_until(lambda: registry.value("select next_offset from rebuilt.place") == registry.journal_end(), 60,
               lambda: registry["follower"].tail())
    assert registry["follower"].stop() == 0
    place = same(registry)
    verdicts = {r[0] for r in registry.sql("select distinct data::json ->> 'verdict' from orgcode.receipt")}
    assert place["sequence"] > 100 and verdicts >= {"accepted", "announced", "held", "duplicate", "rejected"}, verdicts
    replay(registry, "rebuild", "--into", "fresh")
    same(registry, "fresh")


@pytest.mark.noasan
def test_the_sample_under_another_locale_and_batch_size(make_registry):
    registry = make_registry(authorities=("ROOT", "H26", "G12", "H01", "H56", "H22", "G05", "H60"))
    for name in ("validate", "apply"):
        registry.start(name)
    for path in sorted((ROOT / "schemas/samples").glob("0*.jsonl")):
        registry.publish(path)
    registry.wait_validated(60)
    registry.wait_applied(deadline=60)
    assert registry.place()["sequence"] > 100
    found = digest(registry)
    replay(registry, "rebuild", "--into", "rebuilt", "--batch-records", "11")
    assert digest(registry, "rebuilt") == found
    for number, locale in enumerate(("locale_provider icu icu_locale 'vi-VN' locale 'C.UTF-8'", "locale 'C'",
                                     "locale_provider icu icu_locale 'en-US-u-kn-true' locale 'C.UTF-8'")):
        name = f"{registry.database}l{number}"
        elsewhere = {"ORGCODE_PG": registry.services.conninfo_of(name), "TZ": "America/Lima", "LC_ALL": "C"}
        registry._admin_sql(f"create database {name} encoding 'UTF8' template template0 {locale}")
        try:
            registry.run("apply", "--migrate", env=elsewhere, check=True)
            registry.run("replay", "rebuild", "--into", "there", "--batch-records", str(1 + 99 * number), env=elsewhere, check=True)
            done = registry.run("replay", "verify", "--digest", "--schema", "there", "--json", env=elsewhere, check=True)
            assert json.loads(done.stdout.splitlines()[-1])["digest"] == found, locale
        finally:
            registry.drop_database(name)
