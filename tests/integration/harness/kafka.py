"""Reading and writing topics: thin over confluent_kafka."""

import socket
import ssl
import struct
import time
from collections import namedtuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from .wait import SLOW, wait_until

# headers: dict of name -> bytes (None for a null one; of a name that comes twice, the last); header_list: as received
Message = namedtuple("Message", "topic partition offset key value headers header_list timestamp timestamp_type")


# A broker that was just started, or elects a leader, says these for a moment.
PASSING = {"_TRANSPORT", "_TIMED_OUT", "_ALL_BROKERS_DOWN", "_RESOLVE", "_WAIT_COORD", "LEADER_NOT_AVAILABLE", "NOT_LEADER_FOR_PARTITION",
           "FENCED_LEADER_EPOCH", "UNKNOWN_LEADER_EPOCH", "OFFSET_NOT_AVAILABLE", "BROKER_NOT_AVAILABLE", "REPLICA_NOT_AVAILABLE",
           "REQUEST_TIMED_OUT", "NETWORK_EXCEPTION", "KAFKA_STORAGE_ERROR", "NOT_CONTROLLER"}


def _patient(call, seconds=15):
    """What call() returns, made again while the broker is not ready."""
    until = time.monotonic() + seconds * SLOW
    while True:
        try:
            return call()
        except KafkaException as error:
            if error.args[0].name() not in PASSING or time.monotonic() > until:
                raise
        time.sleep(0.05)


def _message(m):
    kind, stamp = m.timestamp()
    pairs = m.headers() or []
    return Message(m.topic(), m.partition(), m.offset(), m.key(), m.value(), dict(pairs), pairs, stamp, kind)


class Kafka:
    def __init__(self, bootstrap, properties=None):
        """properties: librdkafka's, more than where the broker is (certificates)."""
        self.bootstrap = bootstrap
        self.client = {"bootstrap.servers": bootstrap, **(properties or {})}
        self.admin = AdminClient(self.client)
        self._producer, self._known = None, set()

    def topics(self, prefix=""):
        """{name: number of partitions}"""
        found = _patient(lambda: self.admin.list_topics(timeout=15)).topics
        return {name: len(t.partitions) for name, t in found.items() if name.startswith(prefix)}

    def members(self, group):
        """How many share the topics of a group; 0 while they are being shared out."""
        found = _patient(lambda: self.admin.list_groups(group, timeout=15))
        return len(found[0].members) if found and found[0].state == "Stable" else 0

    def create(self, name, partitions=1, **config):
        config = {"retention.ms": "-1", **{k.replace("_", "."): str(v) for k, v in config.items()}}
        new = NewTopic(name, num_partitions=partitions, replication_factor=1, config=config)

        refused = []

        def made():  # a broker that was kept from its heartbeats refuses for a moment
            try:
                self.admin.create_topics([new], operation_timeout=15)[name].result(20)
            except KafkaException as error:
                code = error.args[0].code()
                if code != KafkaError.INVALID_REPLICATION_FACTOR and not (refused and code == KafkaError.TOPIC_ALREADY_EXISTS):
                    raise AssertionError(f"{name}: {error}") from None
                refused.append(code)
                return code == KafkaError.TOPIC_ALREADY_EXISTS
            return True
        wait_until(made, 30, f"making the topic {name}", every=0.2)
        wait_until(lambda: name in self.topics(), 15, f"topic {name}")

    def delete(self, *names):
        if names:
            for future in self.admin.delete_topics(list(names), operation_timeout=15).values():
                future.result(20)
            wait_until(lambda: not set(names) & set(self.topics()), 15, "topics gone")

    def configure(self, topic, **config):
        """Sets these entries of a topic; those set before are kept."""
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
        known = next(iter(self.admin.describe_configs([resource]).values())).result(20)
        values = {name: entry.value for name, entry in known.items() if entry.source == 1}  # 1: set on the topic
        values.update({name.replace("_", "."): str(value) for name, value in config.items()})
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, set_config=values)
        next(iter(self.admin.alter_configs([resource]).values())).result(20)

    def delete_records(self, topic, before, partition=0):
        """Those in front of this offset; the protocol's own words (DeleteRecords, version 1), as the Python client has none."""
        host, port = self.bootstrap.split(",")[0].rsplit(":", 1)
        name = topic.encode()
        body = struct.pack(">hhih", 21, 1, 1, -1) + struct.pack(">ih", 1, len(name)) + name + struct.pack(">iiqi", 1, partition, before, 15000)
        with socket.create_connection((host, int(port)), timeout=30 * SLOW) as plain:
            with self._wrapped(plain, host) as connection:
                connection.sendall(struct.pack(">i", len(body)) + body)
                answer = connection.makefile("rb").read(4 + 8 + 4 + 2 + len(name) + 4 + 14)
        low, error = struct.unpack(">qh", answer[-10:])
        assert (low, error) == (before, 0), f"{topic}: first offset {low}, error {error}"

    def _wrapped(self, plain, host):
        if self.client.get("security.protocol", "plaintext").lower() != "ssl":
            return plain
        context = ssl.create_default_context(cafile=self.client["ssl.ca.location"])
        context.load_cert_chain(self.client["ssl.certificate.location"], self.client.get("ssl.key.location"))
        return context.wrap_socket(plain, server_hostname=host)

    def ends(self, topic, committed=True):
        """{partition: offset behind the last record}; with committed, that a read_committed reader can reach."""
        partitions = self.topics(topic)[topic]
        consumer = self._consumer(committed)
        try:
            return {p: _patient(lambda: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=15))[1] for p in range(partitions)}
        finally:
            consumer.close()

    def _consumer(self, committed, **more):
        return Consumer({**self.client, "group.id": "tests-never-joined", "enable.auto.commit": False,
                         "enable.partition.eof": True, "auto.offset.reset": "earliest", "fetch.wait.max.ms": 50,
                         "isolation.level": "read_committed" if committed else "read_uncommitted",
                         "fetch.message.max.bytes": 4000000, **more})

    def read(self, topic, start=0, committed=True, timeout=30):
        """All messages of a topic, partition by partition, from offset `start` to its present end."""
        partitions = self.topics(topic)[topic]
        consumer = self._consumer(committed)
        out, open_partitions = [], set(range(partitions))
        until = time.monotonic() + timeout * SLOW
        try:
            consumer.assign([TopicPartition(topic, p, start) for p in range(partitions)])
            while open_partitions:
                assert time.monotonic() < until, f"{topic} not read to its end within {timeout} s"
                for m in consumer.consume(1000, 0.2):
                    if m.error() is None:
                        out.append(_message(m))
                    elif m.error().code() == -191:  # end of partition
                        open_partitions.discard(m.partition())
                    elif m.error().name() not in PASSING:
                        raise AssertionError(f"{topic}: {m.error()}")
        finally:
            consumer.close()
        return sorted(out, key=lambda m: (m.partition, m.offset))

    def send(self, topic, value, key=None, headers=None, timestamp=None, partition=0):
        """Sends one record, waits for the acknowledgement, returns its offset. headers: list of (name, bytes or text)."""
        return self.send_many(topic, [dict(value=value, key=key, headers=headers, timestamp=timestamp, partition=partition)])[0]

    def send_many(self, topic, records, timeout=60):
        """The same for many; each a dict of send's arguments. Returns the offsets, in order.

        With a longer timeout, what is not delivered after a minute is sent again by another producer; what the broker had after all comes
        twice then.
        """
        offsets, until = [None] * len(records), time.monotonic() + timeout * SLOW
        while None in offsets:
            left = [i for i, offset in enumerate(offsets) if offset is None]
            answers = self._send_once(topic, [records[i] for i in left], min(60 * SLOW, until - time.monotonic()))
            for i, answer in zip(left, answers):
                offsets[i] = answer
            failed = [answer for answer in answers if not isinstance(answer, int | None)]
            assert not failed and (None not in answers or time.monotonic() < until), f"{topic}: not delivered: {(failed or answers)[:3]}"
        return offsets

    def _send_once(self, topic, records, timeout):
        """Offsets or errors; None for what is not known when the time is over, and then the producer is left."""
        if self._producer is None:
            self._known = set()
            self._producer = Producer({**self.client, "enable.idempotence": True, "linger.ms": 2,
                                       "message.max.bytes": 4000000, "queue.buffering.max.messages": 1000000})
        if topic not in self._known:  # else the library looks for it a second later
            try:
                self._known = set(self._producer.list_topics(timeout=10).topics)
            except KafkaException:  # no broker answers now: the records wait for one
                pass
        answers = [None] * len(records)

        def delivered(index):
            def on_delivery(error, message):
                answers[index] = error or message.offset()
            return on_delivery

        for i, r in enumerate(records):
            more = {}
            if r.get("timestamp") is not None:
                more["timestamp"] = r["timestamp"]
            headers = [(k, v.encode() if isinstance(v, str) else v) for k, v in r.get("headers") or []]
            self._producer.produce(topic, r.get("value"), r.get("key"), r.get("partition") or 0, delivered(i),
                                   headers=headers or None, **more)
            if i % 1000 == 999:
                self._producer.poll(0)
        if self._producer.flush(max(0, timeout)) == 0:
            return answers
        known, left, self._producer = list(answers), self._producer, None
        left.purge()
        left.flush(5)  # tells of what was purged: not wanted
        return known
