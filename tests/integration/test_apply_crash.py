"""Whatever dies, the outcome is that of an undisturbed run: apply, its standby, PostgreSQL, Kafka."""

import time

import pytest

from harness import wait_until

ACTS = 400


def replay(registry):
    """The digest of the same journal, read anew without any disturbance."""
    for program in registry.programs.values():
        program.kill()
    found = registry.digest()
    registry.sql("drop schema orgcode cascade; drop schema orgcode_ops cascade")
    registry.run("apply", "--migrate", check=True)
    fresh = registry.start("apply", label="replay")
    registry.wait_applied(deadline=60)
    assert fresh.stop() == 0
    return found, registry.digest()


def records(registry, count=ACTS, root=True, first=1):
    acts = [registry.established("H26", "ROOT", on="2025-01-01")] if root else []
    acts += [registry.established(f"H26.{n}", on="2025-06-01") for n in range(first, first + count)]
    return registry.record_acts(acts, at="2025-06-10T08:00")


def fill(registry, **options):
    registry.journal(records(registry, **options))


def active(program):
    return any(line.get("message") == "active" for line in program.log_lines())


def wait_active(program, deadline=20):
    wait_until(lambda: active(program), deadline, f"{program.label} active")


def gave_way(program, after):
    """It says that another has the journal now, or has found the place moved."""
    said = program.log_text()[after:]
    return '"standing by"' in said or "fenced: another writer moved the place" in said


@pytest.mark.parametrize("point", ["before-commit", "after-commit", "in-copy"])
def test_killed_around_a_commit(scripted, point):
    trigger = scripted.folder / "crash"
    trigger.write_text("")
    fill(scripted)
    crashed = scripted.start("apply", env={"ORGCODE_CRASH_AT": point, "ORGCODE_CRASH_FILE": str(trigger)})
    assert crashed.wait(30) == -9
    if point != "in-copy":  # the first batch may be the genesis record alone, which needs no COPY
        assert (scripted.place()["record"] > 0) == (point == "after-commit")
    scripted.start("apply", label="again")
    scripted.wait_applied()
    found, again = replay(scripted)
    assert found == again and found["sequence"] == ACTS + 1


def test_a_standby_takes_over_from_one_that_was_killed(scripted):
    first = scripted.start("apply")
    wait_active(first)
    second = scripted.start("apply")
    scripted.wait_joined("apply", 2)
    fill(scripted)
    scripted.wait_applied()
    assert not active(second)
    first.kill()
    begun = time.monotonic()
    fill(scripted, root=False, first=ACTS + 1)
    scripted.wait_applied(deadline=30)
    assert time.monotonic() - begun <= 10
    assert active(second)
    found, again = replay(scripted)
    assert found == again and found["sequence"] == 2 * ACTS + 1


def test_a_clean_stop_hands_over_at_once(scripted):
    first = scripted.start("apply")
    wait_active(first)
    second = scripted.start("apply")
    scripted.wait_joined("apply", 2)
    assert first.stop() == 0
    begun = time.monotonic()
    wait_active(second)
    assert time.monotonic() - begun <= 5


def test_one_stopped_in_the_middle_of_a_copy_does_not_keep_its_standby_waiting(scripted):
    trigger = scripted.folder / "crash"
    trigger.write_text("")
    stopped = scripted.start("apply", env={"ORGCODE_CRASH_AT": "in-copy", "ORGCODE_CRASH_FILE": str(trigger),
                                           "ORGCODE_CRASH_SIGNAL": "STOP"})
    wait_active(stopped)
    second = scripted.start("apply")
    scripted.wait_joined("apply", 2)  # else the first gives the journal back for a moment, while it writes
    fill(scripted)
    wait_until(lambda: not trigger.exists(), 20)
    begun = time.monotonic()
    scripted.wait_applied(deadline=30)
    assert time.monotonic() - begun <= 10
    assert active(second) and "the place was kept by another session" in second.log_text()
    before = len(stopped.log_text())
    stopped.resume()  # its transaction is gone, its place is another's
    wait_until(lambda: gave_way(stopped, before) or "interrupted" in stopped.log_text()[before:], 20, stopped.tail)
    fill(scripted, root=False, first=ACTS + 1)
    scripted.wait_applied(deadline=30)
    assert stopped.running and second.running
    found, again = replay(scripted)
    assert found == again and found["sequence"] == 2 * ACTS + 1


def test_a_paused_writer_gives_way(scripted):
    first = scripted.start("apply")
    wait_active(first)
    second = scripted.start("apply")
    fill(scripted)
    scripted.wait_applied()
    scripted.wait_joined("apply", 2)
    first.pause()
    begun = time.monotonic()
    fill(scripted, root=False, first=ACTS + 1)
    scripted.wait_applied(deadline=30)
    assert time.monotonic() - begun <= 10
    assert active(second)
    before = len(first.log_text())
    first.resume()
    wait_until(lambda: gave_way(first, before), 20, first.tail)
    fill(scripted, root=False, first=2 * ACTS + 1)
    scripted.wait_applied(deadline=30)
    assert first.running and second.running
    found, again = replay(scripted)
    assert found == again and found["sequence"] == 3 * ACTS + 1


def test_two_writers_at_once_write_what_one_does(scripted):
    """Each in a group of its own, so both believe that they are the active one: the place fences the slower."""
    account = {}
    if scripted.services.secure:  # none but the operator's and the admin's may join any group
        account = {k: v for k, v in scripted.services.account_env("admin", "").items() if k == "ORGCODE_CONFIG"}
    first, second = scripted.start("apply"), scripted.start("apply", "-X", f"group.id={scripted.prefix}.other", env=account)
    wait_active(first)
    wait_active(second)
    for n in range(12):
        fill(scripted, count=100, root=n == 0, first=n * 100 + 1)
    scripted.wait_applied(deadline=60)
    assert first.running and second.running
    assert "fenced" in first.log_text() + second.log_text()
    found, again = replay(scripted)
    assert found == again and found["sequence"] == 1201


def test_postgres_killed_and_back(scripted, services):
    """More comes meanwhile than a batch holds, so that reading is paused."""
    apply = scripted.start("apply", "--batch-records", "50")
    fill(scripted)
    scripted.wait_applied()
    services.kill("postgres")
    fill(scripted, root=False, first=ACTS + 1)
    wait_until(lambda: apply.log_text().count("warn") >= 1, 20)
    time.sleep(4)
    services.start("postgres")
    begun = time.monotonic()
    scripted.wait_applied()
    assert time.monotonic() - begun <= 10
    found, again = replay(scripted)
    assert found == again and found["sequence"] == 2 * ACTS + 1


def test_kafka_killed_and_back(scripted, services):
    apply = scripted.start("apply")
    fill(scripted)
    scripted.wait_applied()
    more = records(scripted, root=False, first=ACTS + 1)
    services.kill("kafka")
    time.sleep(2)
    services.start("kafka")
    begun = time.monotonic()
    scripted.kafka = services.kafka()  # the test's own clients may wait longer before they try again
    scripted.journal(more)
    scripted.wait_applied()
    assert time.monotonic() - begun <= 10 and apply.running
    found, again = replay(scripted)
    assert found == again and found["sequence"] == 2 * ACTS + 1
