"""orgcode-validate: every record of an acts topic gets its one place in the journal."""

import hashlib
import json
import os

import pytest

from harness import wait_until

OWN = {"oc-kind", "oc-stamp", "oc-topic", "oc-partition", "oc-from", "oc-offset", "oc-time"}


@pytest.fixture
def bare(make_registry):
    """Topics without a database: validate needs none."""
    return make_registry(migrate=False)


def journal(registry):
    """The acts and refusals of the journal, with their origins as numbers."""
    out = []
    for m in registry.read("journal"):
        if m.headers.get("oc-kind") in (b"act", b"refusal"):
            out.append(dict(kind=m.headers["oc-kind"].decode(), topic=m.headers["oc-topic"].decode(), key=m.key.decode(),
                            start=int(m.headers["oc-from"]), offset=int(m.headers["oc-offset"]),
                            time=int(m.headers["oc-time"]), value=m.value, headers=m.headers, names=[n for n, _ in m.header_list]))
    return out


def frames_of(registry, count, authority="H26"):
    return registry.frames([registry.established(f"{authority}.{n}", authority) for n in range(1, count + 1)])


def test_acts_are_forwarded_with_own_headers_alone(bare):
    frames = frames_of(bare, 3)
    forged = [("oc-kind", "genesis"), ("oc-offset", "77"), ("oc-stamp", "1"), ("x", "y")]
    topic = f"{bare.prefix}.acts.H26"
    bare.kafka.send_many(topic, [dict(value=f, key=b"H26.1", headers=forged) for f in frames])
    sent = bare.kafka.read(topic)
    bare.start("validate")
    bare.wait_validated()
    records = journal(bare)
    assert [r["value"] for r in records] == frames
    for r, s in zip(records, sent):
        assert set(r["names"]) == OWN and len(r["names"]) == len(OWN)
        assert (r["kind"], r["key"], r["topic"]) == ("act", "H26", topic)
        assert (r["start"], r["offset"], r["time"]) == (s.offset, s.offset, s.timestamp)
        assert r["headers"]["oc-partition"] == b"0"
    assert bare.kafka.ends(f"{bare.prefix}.rejected") == {0: 0, 1: 0, 2: 0, 3: 0}
    assert bare["validate"].stop() == 0


def test_poison_among_good_ones(bare):
    frames = frames_of(bare, 4)
    wrong = bare.frames([bare.established("G12.1", "G12")])[0]
    poison = {
        1: b"", 2: b"\xc3", 3: b"hello", 4: b"\xc3\x01" + os.urandom(300),           # nothing, too short, no frame, unknown schema
        6: frames[0][:-5], 7: frames[0] + b"\0", 8: frames[0][:10] + b"\xff" * 30,   # cut off, something behind it, rubbish
        10: None, 11: b"\xc3\x01" + frames[0][2:10] + os.urandom(1 << 20),          # no value, too large
        12: wrong,                                                                  # another authority's
    }
    good = iter(frames)
    values = [poison[i] if i in poison else next(good) for i in range(14)]
    topic = f"{bare.prefix}.acts.H26"
    headers = [("a", "1"), ("oc-reason", "forged"), ("a", "2"), ("empty", b""), ("null", None)]
    bare.kafka.send_many(topic, [dict(value=v, key=f"k{i}".encode(), headers=headers) for i, v in enumerate(values)])
    bare.start("validate")
    bare.wait_validated()
    records = journal(bare)
    assert [(r["start"], r["offset"]) for r in records] == [(i, i) for i in range(14)]
    assert [r["kind"] for r in records] == ["refusal" if i in poison else "act" for i in range(14)]
    for i, r in enumerate(records):
        if i not in poison:
            assert r["value"] == values[i]
            continue
        refusal = json.loads(r["value"])
        bytes_ = values[i] or b""
        assert (refusal["sha256"], refusal["size"]) == (hashlib.sha256(bytes_).hexdigest(), len(bytes_))
        assert refusal["reason"] == ("account-publisher" if i == 12 else "form-unreadable")
        assert ("actId" in refusal) == (i == 12)
        assert set(r["names"]) == OWN
    assert json.loads(records[12]["value"])["code"] == "G12"
    rejected = {int(m.headers["oc-offset"]): m for m in bare.read("rejected")}
    assert rejected.keys() == poison.keys()
    sent = {m.offset: m for m in bare.kafka.read(topic)}
    for i, m in rejected.items():
        assert (m.key, m.value) == (f"k{i}".encode(), values[i])
        assert m.header_list[:5] == sent[i].header_list
        assert [n for n, _ in m.header_list[5:]] == ["oc-reason", "oc-detail", "oc-topic", "oc-partition", "oc-offset", "oc-time"]
        assert m.headers["oc-reason"] != b"forged" and m.headers["oc-topic"] == topic.encode()
        assert m.headers["oc-time"] == str(sent[i].timestamp).encode()


def test_offsets_without_records_are_covered(bare):
    """Transactions of a sender, aborted ones too, take offsets: the next record covers them."""
    from confluent_kafka import Producer

    topic = f"{bare.prefix}.acts.H26"
    frames = frames_of(bare, 4)
    producer = Producer({**bare.kafka.client, "transactional.id": bare.prefix})
    producer.init_transactions()
    for n, frame in enumerate(frames):
        producer.begin_transaction()
        producer.produce(topic, frame)
        producer.flush()
        producer.abort_transaction() if n in (0, 2) else producer.commit_transaction()
    bare.start("validate")
    bare.wait_journal(1 + 2)
    assert [(r["start"], r["offset"], r["value"]) for r in journal(bare)] == [(0, 2, frames[1]), (3, 6, frames[3])]
    bare["validate"].stop()
    bare.start("validate", label="again")
    bare.send_act_bytes("H26", frames[0])
    bare.wait_journal(1 + 3)
    assert (journal(bare)[2]["start"], journal(bare)[2]["offset"]) == (7, 8)


def test_a_restart_sends_nothing_again(bare):
    frames = frames_of(bare, 5)
    for frame in frames:
        bare.send_act_bytes("H26", frame)
    program = bare.start("validate")
    bare.wait_validated()
    assert program.stop() == 0
    end = bare.journal_end()
    program.start()
    bare.send_act_bytes("H26", frames[0])
    bare.wait_validated()
    assert bare.journal_end() == end + 1
    assert journal(bare)[-1]["start"] == 5


def test_new_topics_are_found_within_10_seconds(bare):
    frames = bare.frames([bare.established("H57", "ROOT"), bare.established("H57.1", "H57")])
    bare.start("validate")
    bare.send_act_bytes("ROOT", frames[0])
    bare.wait_validated()
    bare.add_authorities("H57")
    bare.send_act_bytes("H57", frames[1])
    bare.wait_journal(3, deadline=10)
    assert [r["key"] for r in journal(bare)] == ["ROOT", "H57"]


def test_copies_share_evenly(make_registry):
    registry = make_registry(migrate=False, authorities=["ROOT", "H26", "G12", "H01", "H02", "H03"])
    copies = [registry.start("validate") for _ in range(3)]

    def counts():
        last = []
        for copy in copies:
            seen = [line["count"] for line in copy.log_lines() if line["message"] == "partitions assigned"]
            last.append(seen[-1] if seen else 0)
        return sorted(last)

    wait_until(lambda: counts() == [2, 2, 2], 20, lambda: f"2 topics a copy, not {counts()}")
    copies[0].kill()
    wait_until(lambda: sorted(counts())[1:] == [3, 3] or counts() == [2, 3, 3], 20, lambda: f"3 topics a copy, not {counts()}")


def test_a_clock_that_steps_back_stops_nothing(bare):
    """Origin times are passed on as they are; what they mean is apply's matter."""
    topic = f"{bare.prefix}.acts.H26"
    bare.kafka.configure(topic, message_timestamp_type="CreateTime", message_timestamp_after_max_ms=9223372036854775807)
    frames = frames_of(bare, 3)
    stamps = [1751302800000, 1751299200000, 1751302800001]
    bare.kafka.send_many(topic, [dict(value=f, timestamp=t) for f, t in zip(frames, stamps)])
    program = bare.start("validate")
    bare.wait_validated()
    assert [r["time"] for r in journal(bare)] == stamps
    program.stop()
    end = bare.journal_end()
    program.start()
    bare.kafka.send(topic, frames[0], timestamp=stamps[1])
    bare.wait_validated()
    assert bare.journal_end() == end + 1


def test_metrics_and_health(bare):
    import re
    import urllib.error
    import urllib.request

    program = bare.start("validate", "--metrics-listen", "127.0.0.1:0")
    port = wait_until(lambda: [line["port"] for line in program.log_lines() if line["message"] == "metrics served"])[0]

    def get(path):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.read().decode()

    wait_until(lambda: get("/readyz") == "ready\n", 15)
    assert get("/healthz") == "alive\n"
    bare.send_act_bytes("H26", frames_of(bare, 1)[0])
    bare.send_act_bytes("H26", b"poison")
    bare.wait_validated()
    values = dict(re.findall(r"^(orgcode_\S+) (\S+)$", get("/metrics"), re.M))
    assert values["orgcode_validate_forwarded_total"] == "1"
    assert values['orgcode_validate_refused_total{reason="form-unreadable"}'] == "1"
    wait_until(lambda: "orgcode_validate_partitions 3\n" in get("/metrics"), 5)
    wait_until(lambda: "orgcode_validate_lag 0\n" in get("/metrics"), 5)
    with pytest.raises(urllib.error.HTTPError):
        get("/nothing")


def test_wrong_options_are_told(bare):
    assert bare.run("validate", "--window", "0").returncode == 2
    done = bare.run("validate", "-X", "no.such.property=1")
    assert done.returncode == 4 and "no.such.property" in done.stderr
    done = bare.run("validate", "-X", "security.protocol=sasl_plaintext", "-X", "sasl.mechanism=SCRAM-SHA-256", "-X",
                    "sasl.username=u", "-X", "sasl.password=geheim")
    assert done.returncode == 4 and "2.6.1" in done.stderr and "geheim" not in done.stderr
    help_ = bare.run("validate", "--help")
    assert help_.returncode == 0 and "--window-size" in help_.stdout
    shown = bare.run("validate", "--print-config", "-X", "sasl.password=geheim")
    assert shown.returncode == 0 and "geheim" not in shown.stdout and f"prefix = {bare.prefix}" in shown.stdout
