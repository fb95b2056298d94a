"""orgcode-replay inspect: any topic in readable form, nothing left out, nothing raw."""

import datetime
import json
import re

import pytest

from harness import wait_until

RAW = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f]")


@pytest.fixture(scope="module")
def told(services, tmp_path_factory):
    """A registry whose pipeline has run once: two acts, one that is refused by the law, one unreadable."""
    from harness import Registry
    registry = Registry(services, tmp_path_factory.mktemp("told"))
    registry.start_all()
    registry.h26 = registry.established("H26", "ROOT", on="2020-09-15", name="Thành phố Hà Nội")
    registry.unit = registry.established("H26.18", on="2025-03-01", name="Sở \u0110o lường")
    registry.orphan = registry.established("H26.1.2", on="2025-03-01")
    registry.publish([registry.h26], "--wait", check=True)
    registry.publish([registry.unit], "--wait", check=True)
    registry.publish([registry.orphan], "--wait")
    registry.evil = b"\x1b[2Jno act \xff\xe2\x80\xae"
    registry.send_act_bytes("H26", registry.evil, key=b"\x1b]0;k\x07", headers=[("x\x1b[1m", b"\x9b31m"), ("null", None)])
    registry.wait_all()
    yield registry
    assert registry.close() == []


def inspect(registry, *args, code=0):
    done = registry.run("replay", "inspect", *args)
    assert done.returncode == code, done.stdout + done.stderr
    assert not RAW.search(done.stdout) and not RAW.search(done.stderr)
    return done.stdout


def objects(registry, *args, code=0):
    return [json.loads(line) for line in inspect(registry, "--json", *args, code=code).splitlines()]


def test_acts_are_shown_as_agencies_write_them(told):
    acts = objects(told, "acts.H26")
    assert [a["offset"] for a in acts] == [0, 1, 2]
    assert acts[0]["act"]["body"] == told.unit["body"] and acts[0]["act"]["actId"] == told.unit["actId"]
    stored = told.read("acts.H26")
    assert [bytes.fromhex(a["hex"]) for a in acts] == [m.value for m in stored]
    assert "unreadable" not in acts[1] and acts[2]["unreadable"] and bytes.fromhex(acts[2]["keyHex"] if "keyHex" in acts[2]
                                                                                    else acts[2]["key"].encode().hex()) == b"\x1b]0;k\x07"
    assert acts[2]["headers"] == [{"name": "x\x1b[1m", "valueHex": "9b33316d"}, {"name": "null", "value": None}]
    text = inspect(told, f"{told.prefix}.acts.H26")
    assert "established H26.18, by H26" in text and "Sở Đo lường" in text
    assert f"{len(told.evil)} bytes: {told.evil.hex()}" in text and "3 records read, 3 shown, 1 unreadable" in text


def test_one_act_is_followed_through_the_topics(told):
    """What cannot be read may be that act: it is shown too."""
    orphan = told.orphan["actId"]
    shown = objects(told, "acts.H26", "--act", orphan)
    assert [a["offset"] for a in shown] == [1, 2] and shown[0]["act"]["actId"] == orphan and "unreadable" in shown[1]
    assert [r["kind"] for r in objects(told, "journal", "--act", orphan)] == ["act"]
    (receipt,) = objects(told, "receipts.H26", "--act", orphan.upper())
    assert receipt["value"]["verdict"] == "rejected"
    assert [c["event"]["subject"] for c in objects(told, "changes", "--act", told.unit["actId"])] == ["H26.18"]
    assert not objects(told, "changes", "--act", orphan)
    inspect(told, "changes", "--act", "no act", code=2)


def test_the_journal_says_kind_origin_and_stamp(told):
    records = objects(told, "journal")
    assert [r["kind"] for r in records if r["kind"] != "tick"] == ["genesis", "act", "act", "act", "refusal"]
    refusal = records[-1]
    assert refusal["origin"]["topic"] == f"{told.prefix}.acts.H26" and refusal["origin"]["offset"] == 2
    assert refusal["value"]["size"] == len(told.evil) and "stamp" in refusal
    told.kafka.send(f"{told.prefix}.journal", b"\x00\x1b[0m", headers=[("oc-kind", "tack")])
    assert objects(told, "journal", "--from", "-1")[0]["unreadable"]
    text = inspect(told, "journal", "--kind", "genesis")
    assert "genesis: " in text and "foreign: unreadable" in text  # which no filter drops
    assert [r["kind"] for r in objects(told, "journal", "--kind", "established", "--code", "H26.18", "--limit", "1")] == ["act"]


def test_rejected_shows_all_partitions(told):
    (rejected,) = objects(told, "rejected", "--kind", "form-unreadable")
    assert bytes.fromhex(rejected["hex"]) == told.evil and rejected["offset"] == 0
    assert (rejected["reason"], rejected["origin"]["offset"]) == ("form-unreadable", "2")
    for partition in range(4):
        told.kafka.send(f"{told.prefix}.rejected", b"v%d" % partition, partition=partition, headers=[("oc-topic", f"{told.prefix}.acts.G12")])
    assert {r["partition"] for r in objects(told, "rejected", "--authority", "G12")} == {0, 1, 2, 3}


def test_receipts_state_and_places(told):
    receipts = objects(told, "receipts.H26")
    assert [r["value"]["verdict"] for r in receipts] == ["accepted", "rejected", "rejected"]
    assert [r["value"]["actId"] for r in objects(told, "receipts", "--authority", "H26", "--kind", "parent-missing")] == [told.orphan["actId"]]
    assert "rejected by PARENT: parent-missing H26.1" in inspect(told, "receipts.H26")
    assert [s["key"] for s in objects(told, "state", "--code", "H26.18")] == ["H26.18"]
    assert "H26.18 open, Sở Đo lường" in inspect(told, "state")
    assert objects(told, "notify.place", "--from", "-1000")[-1]["value"]["sequence"] == 2


def test_places_to_begin_and_end(told):
    records = told.read("acts.H26")
    assert [r["offset"] for r in objects(told, "acts.H26", "--from", "1", "--to", "2")] == [1]
    at = datetime.datetime.fromtimestamp(records[1].timestamp / 1000, datetime.timezone.utc).isoformat(timespec="milliseconds")
    assert [r["offset"] for r in objects(told, "acts.H26", "--from", at)] == [1, 2]
    assert [r["offset"] for r in objects(told, "acts.H26", "--to", at)] == [0]
    assert objects(told, "acts.H26", "--from", "end") == [] == objects(told, "acts.H26", "--from", "2999-01-01")
    for wrong in (["--from", "yesterday"], ["--to", "-3"], [], ["--follow", "--to", "3"]):
        inspect(told, *(["acts.H26"] if wrong else []), *wrong, code=2)
    assert "there is no topic" in told.run("replay", "inspect", "nowhere").stderr


def test_follow(told):
    follower = told.start("replay", "inspect", "acts.G12", "--from", "end", "--follow", "--json", "--limit", "2", label="follow")
    sent = told.frames([told.established("G12.1", "G12"), told.established("G12.2", "G12")])

    def arrives():
        told.send_act_bytes("G12", sent[len([1 for x in follower.log_lines() if "offset" in x]) % 2])
        return not follower.running
    wait_until(arrives, 30, "two records followed", every=0.3)
    shown = [line for line in follower.log_lines() if "offset" in line]
    assert follower.wait() == 0 and len(shown) == 2 and shown[0]["act"]["authority"] == "G12"


def test_the_chain_is_checked_and_its_break_named(told):
    assert "the chain of hashes holds from change 1 to 2" in inspect(told, "changes")
    assert [c["chain"] for c in objects(told, "changes")] == ["begins", "follows"]
    assert "H26.18" in inspect(told, "changes", "--code", "H26.18") and len(objects(told, "changes", "--code", "H26.18")) == 1
    changes = told.read("changes")
    other = f"{told.prefix}o"
    told.rights_elsewhere(other)
    told.kafka.create(f"{other}.changes")

    def copy(message, value=None, **headers):
        told.kafka.send(f"{other}.changes", value or message.value, message.key,
                        [(k, headers.get(k, v)) for k, v in message.header_list])
    copy(changes[0])
    copy(changes[1], changes[1].value.replace("lường".encode(), "luờng".encode()))
    text = inspect(told, f"{other}.changes", code=1)
    assert "BREAKS at change 2: its hash is not that of its content" in text
    copy(changes[1])
    copy(changes[1], ce_sequence=b"%020d" % 3)
    links = objects(told, f"{other}.changes", code=1)
    assert [c.get("chainBroken", "") for c in links] == ["", "its hash is not that of its content", "sequence 2 follows 2",
                                                         "its previousHash is not the hash of the change before it"]
    told.kafka.delete(f"{other}.changes")
