"""An undisturbed load for comparison; a kill between acknowledgement and commit; an outage longer than a transaction."""

import random
import threading
import time

import pytest
from confluent_kafka import Producer
from harness import wait_until
from harness.load import Load
from harness.oracle import Oracle
from journals import forget_transactions, transaction_logs
from storm import settle
from test_notify import Rows


def start_copies(registry):
    for label in ("validate", "validate-2", "apply", "apply-2", "notify"):
        registry.start(label.partition("-")[0], label=label)


@pytest.mark.apart
def test_what_an_undisturbed_load_comes_to(make_registry):
    """The oracle itself, on a live registry: time does not move, so what is announced stays so."""
    load = Load(7, 300, groups=2, still=True)
    registry = make_registry(authorities=load.authorities)
    load.frame(registry)
    start_copies(registry)
    for clock, items in load.chunks:
        load.send(registry, clock, items, scripted=False)
    settle(registry)
    counts = Oracle(registry, load.act_of).check(load.sent)
    assert counts["accepted"] > 50 and counts["repeats"] == counts["gaps"] == 0, counts


def test_killed_between_the_journals_acknowledgement_and_the_commit(make_registry):
    """What validate sends again after that is known as a repeat."""
    load = Load(11, 200, groups=1)
    registry = make_registry(mode="scripted", authorities=load.authorities)
    load.frame(registry)
    trigger = registry.folder / "crash"
    hooks = {"ORGCODE_CRASH_AT": "after-send", "ORGCODE_CRASH_FILE": str(trigger)}
    registry.start("validate", "--commit-interval", "60s", label="validate", env=hooks)
    half = len(load.chunks) // 2
    for clock, items in load.chunks[:half]:
        load.send(registry, clock, items)
    registry.wait_validated()
    trigger.write_text("")
    for clock, items in load.chunks[half:]:
        load.send(registry, clock, items)
    wait_until(lambda: not registry["validate"].running, 20, "killed (built without ORGCODE_TEST_HOOKS?)")
    assert registry["validate"].process.returncode == -9 and not trigger.exists()
    registry["validate"].start()
    registry.start("validate", label="validate-2")
    registry.start("apply", label="apply")
    registry.start("apply", label="apply-2")
    registry.start("notify")
    settle(registry)
    counts = Oracle(registry, load.act_of).check(load.sent)
    assert counts["repeats"] >= 50, counts


@pytest.mark.slow
@pytest.mark.apart
@pytest.mark.noasan
def test_kafka_away_for_longer_than_a_transaction_lives(make_registry, services):
    """The transaction that was cut is undone in every topic, although nobody was there to end it."""
    authorities = ["ROOT"] + [f"A{n:02}" for n in range(1, 13)]
    registry = make_registry(authorities=authorities)
    rows, stop = Rows(registry), threading.Event()

    def write():
        while not stop.is_set():
            rows.add(random.randint(0, 300), random.randint(0, 300), authorities=authorities)

    registry.start("notify")
    writer = threading.Thread(target=write)
    writer.start()
    try:
        wait_until(lambda: len(registry.read("notify.place")) > 5, 20)
        services.kill("kafka")
        stop.set()
        time.sleep(12)
        services.start("kafka")
    finally:
        stop.set()
        writer.join()
    registry.wait_notified(60)
    assert [int(c["sequence"]) for c in registry.changes()] == list(range(1, rows.sequence + 1))
    numbers = [[int(m.headers["oc-number"]) for m in registry.read(f"receipts.{a}")] for a in authorities]
    assert all(told == sorted(told) for told in numbers)
    assert sorted(n for told in numbers for n in told) == list(range(1, rows.receipt + 1))
    rows.connection.close()


@pytest.mark.apart
@pytest.mark.noasan
def test_a_transaction_that_the_broker_left_undecided(make_registry, services):
    """Killed between a transaction's decision and its markers, a broker may come back and take it for complete.

    Its records stay undecided, and a commit of the same producer would tell them all. Made here by taking the transaction out of the
    coordinator's log.
    """
    registry = make_registry()
    rows = Rows(registry)
    rows.add(5, 5)
    registry.start("notify")
    registry.wait_notified(60)
    registry["notify"].kill()
    half = Producer({**registry.kafka.client, "transactional.id": f"{registry.prefix}-notify"})
    half.init_transactions(60)
    sizes = transaction_logs(services)
    half.begin_transaction()
    for name, key in (("changes", "H26.1"), ("notify.place", "notify")):
        half.produce(f"{registry.prefix}.{name}", b"{}", key)
    assert half.flush(60) == 0
    services.kill("kafka")
    half.purge()
    del half
    forget_transactions(services, sizes)
    services.start("kafka")
    rows.add(5, 5)
    notify = registry["notify"].start()
    registry.wait_notified(120)
    rows.assert_all_told_once()
    assert "left a transaction undecided" in notify.log_text()
    assert notify.stop() == 0
    rows.connection.close()
