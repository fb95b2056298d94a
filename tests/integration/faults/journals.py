"""Topics whose end is lost: what a disk that was put back, or a crash of a single machine, would make of it."""

import os
import struct


def cut(services, topic, offset):
    """Kafka is down: record `offset` and all behind it are taken out of the topic's partition 0."""
    folder = services.home / "kafka/data" / f"{topic}-0"
    segments = sorted(folder.glob("*.log"))
    while segments and int(segments[-1].stem) >= offset:
        segments.pop().unlink()
    assert segments, f"{topic}: nothing before record {offset}"
    data, at = segments[-1].read_bytes(), 0
    while at < len(data):
        first, length = struct.unpack_from(">qi", data, at)
        last = first + struct.unpack_from(">i", data, at + 23)[0]
        if last >= offset:
            assert first == offset, f"record {offset} is in the middle of a batch that begins at {first}"
            os.truncate(segments[-1], at)
            break
        at += 12 + length
    forget_indexes(folder)


def forget_indexes(folder):
    """They are made anew from the segments."""
    for file in folder.iterdir():
        if file.suffix in (".index", ".timeindex", ".snapshot", ".txnindex"):
            file.unlink()


def transaction_logs(services):
    """{segment of the coordinator's log: its size}"""
    return {log: log.stat().st_size for log in (services.home / "kafka/data").glob("__transaction_state-*/*.log")}


def forget_transactions(services, sizes):
    """Kafka is down: its coordinator knows nothing of what came behind these sizes."""
    for log, size in transaction_logs(services).items():
        if size > sizes.get(log, 0):
            os.truncate(log, sizes.get(log, 0))
            forget_indexes(log.parent)
