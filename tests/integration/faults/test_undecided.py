"""Transactions that a broker left without markers in some of their topics: nothing is told twice, nothing is lost.

Made by taking the markers, which stand last, out of the partitions while Kafka is down.
"""

import json

import pytest
from confluent_kafka import Producer
from harness import wait_until
from journals import cut
from test_notify import Rows

CHANGES, RECEIPTS = ("notify.place", "changes", "state"), ("notify.receipts", "receipts.H26")
# what the transaction came to, which topics lost its marker, and what notify says of that
CASES = {
    "place of committed changes": (True, ("notify.place",), "told in part: it is committed"),
    "place and state of committed changes": (True, ("notify.place", "state"), "told in part: it is committed"),
    "committed changes": (True, ("changes",), "left a committed transaction open"),
    "committed changes and states": (True, ("changes", "state"), "left a committed transaction open"),
    "all of committed changes": (True, CHANGES, "left a transaction undecided: it is aborted"),
    "place of committed receipts": (True, ("notify.receipts",), "told in part: it is committed"),
    "committed receipts": (True, ("receipts.H26",), "left a committed transaction open"),
    "place of aborted changes": (False, ("notify.place",), "left a transaction undecided: it is aborted"),
    "aborted changes": (False, ("changes", "state"), "left a transaction undecided: it is aborted"),
    "aborted receipts": (False, ("receipts.H26",), "left a transaction undecided: it is aborted"),
}


class Case:
    def __init__(self, registry, name):
        self.registry, self.name = registry, name
        self.committed, self.open, self.word = CASES[name]
        self.lane = CHANGES if set(self.open) <= set(CHANGES) else RECEIPTS
        self.rows = Rows(registry)

    def add(self):
        self.rows.add(*((5, 0) if self.lane is CHANGES else (0, 5)), authorities=["H26"])

    def begin(self):
        self.add()
        self.registry.start("notify")

    def leave(self):
        """The last transaction is committed, or aborted, and nobody runs."""
        self.registry.wait_notified(60)
        if self.committed:
            self.add()
            self.registry.wait_notified(60)
        self.registry["notify"].kill()
        if not self.committed:
            self.abort()
            self.add()

    def abort(self):
        """Of the next five rows, as notify would."""
        changes, registry = self.lane is CHANGES, self.registry
        id_, place, *topics = [f"{registry.prefix}-notify{'' if changes else '-receipts'}", *self.lane]
        first = (self.rows.sequence if changes else self.rows.receipt) + 1
        producer = Producer({**registry.kafka.client, "transactional.id": id_})
        producer.init_transactions(60)
        producer.begin_transaction()
        producer.produce(f"{registry.prefix}.{place}", json.dumps({"sequence" if changes else "receipt": first + 4}), "notify")
        for number in range(first, first + 5):
            for topic in topics:
                header = {"changes": "ce_sequence", "state": None}.get(topic, "oc-number")
                producer.produce(f"{registry.prefix}.{topic}", b"{}", f"H26.{number}", headers=[(header, str(number))] if header else None)
        assert producer.flush(60) == 0
        producer.abort_transaction(60)

    def cut(self, ends):
        for topic in self.open:
            cut(self.registry.services, f"{self.registry.prefix}.{topic}", ends[topic] - 1)

    def ends(self):
        return {topic: self.registry.kafka.ends(f"{self.registry.prefix}.{topic}", committed=False)[0] for topic in self.open}

    def hangs(self, topic, end):
        return self.registry.kafka.ends(f"{self.registry.prefix}.{topic}")[0] < end - 1

    def check(self, times):
        """All is told once, and notify has found what hung so many times."""
        self.add()  # the next transaction in each topic
        self.registry.wait_notified(120)
        self.rows.assert_all_told_once(["H26"])
        notify = self.registry["notify"]
        assert notify.log_text().count(self.word) >= times, f"{self.name}\n{notify.tail()}"


def hang_and_mend(services, cases, times):
    for case in cases:
        case.leave()
    ends = [case.ends() for case in cases]
    services.kill("kafka")
    for case, end in zip(cases, ends):
        case.cut(end)
    services.start("kafka")
    for case, end in zip(cases, ends):
        for topic in case.open:
            wait_until(lambda: case.hangs(topic, end[topic]), 30, f"{case.name}: {topic} hangs")
    for case in cases:
        case.add()
        case.registry["notify"].start()
    for case in cases:
        case.check(times)


@pytest.mark.slow
@pytest.mark.noasan
def test_what_hangs_in_some_topics(make_registry, services):
    cases = [Case(make_registry(authorities=["H26"]), name) for name in CASES]
    for case in cases:
        case.begin()
    hang_and_mend(services, cases, 1)
    hang_and_mend(services, [case for case in cases if case.committed], 2)  # once more, in the same topics
    for case in cases:
        if case.registry["notify"].running:
            assert case.registry["notify"].stop() == 0
        case.rows.connection.close()
