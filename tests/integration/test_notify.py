"""orgcode-notify alone: the rows of change and receipt are written by the test, as apply would commit them."""

import json
import random
import threading
import time
import uuid

import psycopg2
import pytest
from harness.wait import wait_until

NOW = 1_750_000_000_000


class Rows:
    """Appends changes and receipts to a registry's tables, a transaction each time."""

    def __init__(self, registry):
        self.registry = registry
        self.connection = psycopg2.connect(registry.conninfo)
        self.sequence = self.receipt = 0
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute("update orgcode.place set born = true, registry_id = %s, epoch = 1", (str(uuid.uuid4()),))

    def add(self, changes=0, receipts=0, authorities=("H26", "ROOT"), notify=True, record=True, subject=None):
        with self.connection, self.connection.cursor() as cursor:
            for _ in range(changes):
                self.sequence += 1
                code = subject or f"H26.{self.sequence % 40}"
                data = {"actId": str(uuid.uuid4()), "hash": "0" * 64,
                        "record": {"code": code, "version": self.sequence} if record else None}
                cursor.execute("insert into orgcode.change values (%s, 0, %s, %s, %s, 1, 1, '2025-07-01', %s, %s)",
                               (self.sequence, code, self.sequence, data["actId"], NOW,
                                json.dumps(data, separators=(",", ":"))))
            for _ in range(receipts):
                self.receipt += 1
                data = {"faultCount": 0, "faults": [], "number": self.receipt, "verdict": "accepted", "warnings": []}
                cursor.execute("insert into orgcode.receipt values (%s, %s, %s, 1, %s)",
                               (self.receipt, random.choice(authorities), str(uuid.uuid4()),
                                json.dumps(data, separators=(",", ":"))))
            cursor.execute("update orgcode.place set sequence = %s, receipt = %s", (self.sequence, self.receipt))
            if notify:
                cursor.execute("notify orgcode_change")

    def assert_all_told_once(self, authorities=("H26", "ROOT")):
        sequences = [int(c["sequence"]) for c in self.registry.changes()]
        assert sequences == list(range(1, self.sequence + 1))
        numbers = [int(m.headers["oc-number"]) for a in authorities for m in self.registry.read(f"receipts.{a}")]
        assert sorted(numbers) == list(range(1, self.receipt + 1))
        last = {}
        for m in self.registry.read("state"):
            last[m.key.decode()] = json.loads(m.value)["version"]
        assert last == {f"H26.{n % 40}": n for n in range(max(1, self.sequence - 39), self.sequence + 1)}


@pytest.fixture
def rows(registry):
    made = Rows(registry)
    yield made
    made.connection.close()


def load(rows, stop):
    while not stop.is_set():
        rows.add(random.randint(0, 20), random.randint(0, 20))
        time.sleep(0.02)


class Loading:
    def __init__(self, rows):
        self.stop = threading.Event()
        self.thread = threading.Thread(target=load, args=(rows, self.stop))

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def test_changes_states_and_receipts(registry, rows):
    rows.add(50, 30)
    registry.start("notify")
    registry.wait_notified()
    rows.assert_all_told_once()
    change = registry.read("changes")[0]
    assert change.headers["ce_id"] == b"01-00000000000000000001" and change.headers["ce_specversion"] == b"1.0"
    assert change.headers["ce_time"] == b"2025-07-01T00:00:00.000+07:00" and change.key == b"H26.1"
    stored = registry.value("select data from orgcode.change where sequence = 1")
    assert change.value == stored.encode()


def test_receipts_alone(registry, rows):
    rows.add(3, 0)
    registry.start("notify")
    registry.wait_notified()
    rows.add(0, 25)
    registry.wait_notified()
    registry["notify"].kill()
    rows.add(0, 5)
    registry["notify"].start()
    registry.wait_notified()
    assert len(registry.read("receipts.H26")) + len(registry.read("receipts.ROOT")) == 30


def test_no_record_no_state(registry, rows):
    """contract.md C-15"""
    rows.add(2, record=False, subject="H99")
    rows.add(1, subject="H26.1")
    registry.start("notify")
    registry.wait_notified()
    assert [m.key for m in registry.read("state")] == [b"H26.1"]


def test_without_a_notification(registry, rows):
    registry.start("notify")
    rows.add(1, 1)
    registry.wait_notified()
    rows.add(5, 5, notify=False)
    registry.wait_notified(deadline=5)


def test_a_missing_topic_stops_nobody(registry, rows):
    registry.start("notify")
    rows.add(5, 40, authorities=("H26", "H27"))
    registry.wait_notified()
    assert len(registry.changes()) == 5
    told = len(registry.read("receipts.H26"))
    assert 0 < told < 40
    told_once = [line for line in registry["notify"].log_lines() if line.get("topic", "").endswith("receipts.H27")]
    assert len(told_once) == 1
    registry.add_authorities("H27")

    def arrives():
        rows.add(0, 1, authorities=("H27",))
        registry.wait_notified()
        return registry.read("receipts.H27")
    wait_until(arrives, 15, "receipts of the new topic")


def test_a_deleted_topic_stops_nobody(registry, rows):
    registry.start("notify")
    rows.add(5, 5)
    registry.wait_notified()
    registry.kafka.delete(f"{registry.prefix}.receipts.H26")
    rows.add(5, 5, authorities=("H26",))
    registry.wait_notified(deadline=40)
    assert len(registry.changes()) == 10


def test_fifty_kills_and_ten_stops(registry, rows):
    notify = registry.start("notify")
    with Loading(rows):
        for _ in range(50):
            time.sleep(random.uniform(0.02, 0.9))
            notify.kill()
            notify.start()
        for number in range(10):
            time.sleep(random.uniform(0.1, 0.8))
            notify.pause()
            # now and then longer than a transaction lives
            time.sleep(11 if number % 5 == 0 else random.uniform(0.1, 0.5))
            notify.resume()
    registry.wait_notified(60)
    assert notify.running
    rows.assert_all_told_once()


@pytest.mark.parametrize("point", ["before-kafka-commit", "after-kafka-commit", "before-receipts-commit", "after-receipts-commit"])
def test_a_crash_around_a_commit(registry, rows, point, tmp_path):
    """contract.md C-21: once and in order for who reads what was committed, and for who drops what is not above its last."""
    once = tmp_path / "once"
    rows.add(10, 10)
    registry.start("notify")
    registry.wait_notified()
    registry["notify"].stop()
    once.touch()
    rows.add(10, 10)
    registry.start("notify", label="crashing", env={"ORGCODE_CRASH_AT": point, "ORGCODE_CRASH_FILE": str(once)})
    if registry["crashing"].wait(30) != -9:
        pytest.fail("it was not killed: built without ORGCODE_TEST_HOOKS?")
    assert not once.exists()
    registry["notify"].start()
    registry.wait_notified()
    rows.assert_all_told_once()
    last = 0
    for m in registry.read("changes", committed=False):
        assert int(m.headers["ce_sequence"]) <= last + 1
        last = max(last, int(m.headers["ce_sequence"]))
    assert last == rows.sequence


def recovered(notify):
    return {line["lane"] for line in notify.log_lines() if line.get("message") == "place recovered"}


def test_a_second_one_takes_over(registry, rows):
    first = registry.start("notify")
    rows.add(5, 5)
    registry.wait_notified()
    second = registry.start("notify", label="second")
    wait_until(lambda: recovered(second) == {"changes", "receipts"}, 15, "the second")
    rows.add(5, 5)
    registry.wait_notified()
    assert first.wait(20) == 4
    assert second.running
    rows.add(5, 5)
    registry.wait_notified()
    rows.assert_all_told_once()


def test_of_two_that_start_at_once_one_stays(registry, rows):
    rows.add(5, 5)
    both = [registry.start("notify", label=label) for label in ("one", "two")]
    with Loading(rows):
        wait_until(lambda: sum(n.running for n in both) == 1, 30, "one of them ends")
    assert next(n for n in both if not n.running).wait(1) == 4
    registry.wait_notified()
    rows.assert_all_told_once()


def test_the_place_of_a_version_that_had_one_place_for_both(registry, rows):
    rows.add(50, 30)
    registry.kafka.send(f"{registry.prefix}.notify.place", b'{"receipt":20,"sequence":40}', key=b"notify",
                        headers=[("oc-writer", str(uuid.uuid4()))])
    registry.start("notify")
    registry.wait_notified()
    assert [int(c["sequence"]) for c in registry.changes()] == list(range(41, 51))
    numbers = [int(m.headers["oc-number"]) for a in ("H26", "ROOT") for m in registry.read(f"receipts.{a}")]
    assert sorted(numbers) == list(range(21, 31))
    # an older version would find in the record what it looks for
    assert json.loads(registry.read("notify.place")[-1].value) == {"sequence": 50, "receipt": pytest.approx(25, abs=5)}


@pytest.mark.parametrize("which", ["kafka", "postgres"])
def test_an_outage(registry, rows, services, which):
    registry.start("notify")
    rows.add(50, 50)
    registry.wait_notified()
    if which == "postgres":
        rows.connection.close()
    else:
        rows.add(2000, 2000)
    services.kill(which)
    time.sleep(14)
    services.start(which)
    if which == "postgres":
        rows.connection = psycopg2.connect(registry.conninfo)
    rows.add(100, 100)
    registry.wait_notified(deadline=10)
    rows.assert_all_told_once()


@pytest.mark.parametrize("topic", ["notify.place", "notify.receipts"])
def test_a_lost_place_is_not_guessed(registry, rows, topic):
    registry.start("notify")
    rows.add(5, 5)
    registry.wait_notified()
    registry["notify"].stop()
    name = f"{registry.prefix}.{topic}"
    registry.kafka.delete(name)
    registry.kafka.create(name, cleanup_policy="compact", max_message_bytes=2162688)
    registry["notify"].start()
    assert registry["notify"].wait(40) == 4
    assert len(registry.changes()) == 5
    assert len(registry.read("receipts.H26")) + len(registry.read("receipts.ROOT")) == 5
