"""Everything dies at random while a load runs through: at the end nothing is lost, double, out of order or other than the model says.

ORGCODE_FAULTS_SEED repeats a run's load and strikes (not their timing to the millisecond); ORGCODE_FAULTS_KILLS and
ORGCODE_FAULTS_ACTS make it longer, ORGCODE_FAULTS_VICTIMS (names with commas) spares the others.
"""

import os
import random
import threading
import time

import pytest

from harness import wait_until
from harness.load import Load
from harness.oracle import Oracle
from test_notify import Rows

SEED = int(os.environ.get("ORGCODE_FAULTS_SEED") or random.SystemRandom().getrandbits(31))
KILLS = int(os.environ.get("ORGCODE_FAULTS_KILLS") or 15)
ACTS = int(os.environ.get("ORGCODE_FAULTS_ACTS") or 1500)
VICTIMS = os.environ.get("ORGCODE_FAULTS_VICTIMS")
WEIGHTS = {"validate": 2, "validate-2": 2, "apply": 3, "apply-2": 3, "notify": 2, "postgres": 2, "kafka": 1}
if VICTIMS:
    WEIGHTS = {name: WEIGHTS[name] for name in VICTIMS.split(",")}


class Loader:
    """Sends a load's chunks from a thread of its own, evenly over some seconds."""

    def __init__(self, registry, load, seconds):
        self.registry, self.load, self.seconds, self.error = registry, load, seconds, None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        begun = time.monotonic()
        try:
            for number, (clock, items) in enumerate(self.load.chunks):
                time.sleep(max(0, begun + self.seconds * number / len(self.load.chunks) - time.monotonic()))
                self.load.send(self.registry, clock, items, self.registry.mode == "scripted")
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            self.error = error

    def finish(self):
        self.thread.join(600)
        assert not self.thread.is_alive() and self.error is None, self.error


def strike(rng, registry, services, victims, told):
    """Kills them with SIGKILL, one right after the other, and starts them again after a while."""
    for victim in victims:
        told.append(victim)
        if victim in registry.programs:
            assert registry[victim].running, f"{victim} ended by itself\n{registry[victim].tail()}"
            registry[victim].kill()
        else:
            services.kill(victim)
    time.sleep(rng.choice([0, 0.1, rng.uniform(0, 2)]))
    for victim in victims:
        if victim in registry.programs:
            registry[victim].start()
        else:
            services.start(victim)


def settle(registry):
    """Until the pipeline is idle; then everything ends by itself, and nothing is left to tell."""
    registry.wait_all(deadline=120)
    for name in ("validate", "validate-2", "apply", "apply-2"):
        assert registry[name].stop() == 0, registry[name].tail()
    registry.wait_applied()
    registry.wait_notified()
    assert registry["notify"].stop() == 0


def start_copies(registry):
    for label in ("validate", "validate-2", "apply", "apply-2", "notify"):
        registry.start(label.partition("-")[0], label=label)


@pytest.mark.slow
@pytest.mark.noasan
def test_a_load_with_everything_dying(make_registry, services, capsys):
    print(f"seed {SEED}")
    rng = random.Random(SEED)
    load = Load(rng.getrandbits(31), ACTS)
    registry = make_registry(mode="scripted", authorities=load.authorities)
    load.frame(registry)
    start_copies(registry)
    loader, told = Loader(registry, load, KILLS * 2), []
    try:
        while len(told) < KILLS:
            time.sleep(rng.uniform(0.2, 3))
            victims = rng.choices(list(WEIGHTS), list(WEIGHTS.values()), k=1 if rng.random() < 0.7 else 2)
            strike(rng, registry, services, list(dict.fromkeys(victims)), told)
    finally:
        loader.finish()
    settle(registry)
    counts = Oracle(registry, load.act_of).check(load.sent)
    with capsys.disabled():
        print(f"\nseed {SEED}: {len(told)} kills ({', '.join(told)}); {counts}")
    assert counts["accepted"] > ACTS / 5


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
