"""orgcode-apply: its start, what it passes over, where it stops, ticks."""

import json
import os
import time
import uuid

from harness import wait_until
from harness.registry import millis

NEVER_GRANTED = "authority-never-granted"


def in_log(program, text):
    return any(text in line.get("message", line.get("msg", "")) or text in json.dumps(line) for line in program.log_lines())


def test_init_writes_one_genesis_record_and_leaves_it_alone(make_registry):
    registry = make_registry(genesis=False)
    wanted = str(uuid.uuid4())
    first = registry.run("apply", "init", "--registry-id", wanted, check=True)
    again = registry.run("apply", "init", check=True)
    assert wanted in first.stdout and wanted in again.stdout
    other = registry.run("apply", "init", "--registry-id", str(uuid.uuid4()))
    assert other.returncode == 4 and wanted in other.stderr
    (record,) = registry.read("journal")
    assert record.headers["oc-kind"] == b"genesis"
    assert json.loads(record.value) == {"registryId": wanted, "epoch": 1, "mode": "live"}


def test_init_refuses_a_journal_that_begins_with_something_else(make_registry):
    registry = make_registry(genesis=False)
    registry.kafka.send(f"{registry.prefix}.journal", b"something", None, [])
    done = registry.run("apply", "init")
    assert done.returncode == 4 and "genesis" in done.stderr


def test_migrating_twice_changes_nothing(registry):
    before = registry.sql("select number, applied_at from orgcode_ops.migration")
    registry.run("apply", "--migrate", check=True)
    assert registry.sql("select number, applied_at from orgcode_ops.migration") == before


def test_a_database_without_the_schema_stops_it(make_registry):
    registry = make_registry(migrate=False)
    assert registry.start("apply").wait(20) == 4
    assert "migrate" in registry["apply"].log_text()


def test_an_empty_journal_is_waited_for(make_registry):
    registry = make_registry(genesis=False)
    apply = registry.start("apply")
    wait_until(lambda: in_log(apply, "waiting for its genesis record"), 20)
    registry.run("apply", "init", check=True)
    registry.wait_applied(1)
    assert registry.value("select born from orgcode.place") is True
    assert apply.stop() == 0


def test_the_journal_of_another_registry_stops_it(make_registry):
    mine, other = make_registry(), make_registry()
    mine.start("apply")
    mine.wait_applied(1)
    assert mine["apply"].stop() == 0
    stranger = mine.start("apply", "--prefix", other.prefix, label="stranger")
    assert stranger.wait(20) == 4
    assert "other-registry" in stranger.log_text()


def test_a_journal_whose_end_was_lost_stops_it(make_registry):
    registry = make_registry()
    registry.start("apply")
    registry.wait_applied(1)
    registry["apply"].stop()
    registry.sql("update orgcode.place set last_digest = sha256('x')")
    changed = registry.start("apply", label="changed")
    assert changed.wait(30) == 4
    assert "other-journal" in changed.log_text()
    registry.sql("update orgcode.place set last_offset = 7, next_offset = 8")
    beyond = registry.start("apply", label="beyond")
    assert beyond.wait(30) == 4
    assert "out-of-range" in beyond.log_text()


def test_a_live_journal_with_times_of_the_senders_stops_it(make_registry):
    registry = make_registry()
    registry.start("apply")
    registry.wait_applied(1)
    registry.kafka.configure(f"{registry.prefix}.journal", message_timestamp_type="CreateTime")
    registry.journal_tick(at="2030-01-01T00:00")
    assert registry["apply"].wait(20) == 4
    assert "LogAppendTime" in registry["apply"].log_text()


def test_foreign_records_and_repeats_leave_no_trace(scripted):
    scripted.start("apply", "--log-level", "debug")
    root = scripted.established("H26", "ROOT", on="2025-06-01")
    records = scripted.record_acts([root], at="2025-06-02T08:00")
    scripted.journal([{"value": b"x", "key": None, "headers": [("oc-kind", "strange")], "timestamp": millis("2027-01-01")},
                      {"value": b"x", "key": None, "headers": [], "timestamp": millis("2027-01-01")}])
    scripted.journal(records)
    scripted.wait_applied()
    after_one = scripted.digest()
    assert after_one["sequence"] == after_one["receipt"] == 1
    assert after_one["time_ms"] == millis("2025-06-02T08:00")
    scripted.journal(records + records)  # as validate does after a failed delivery
    scripted.wait_applied()
    again = scripted.digest()
    assert {**again, "record": 0} == {**after_one, "record": 0}


def test_a_gap_is_passed_over_and_filled_later(scripted):
    apply = scripted.start("apply")
    root, one, two = (scripted.established("H26", "ROOT", on="2025-06-01"), scripted.established("H26.1"),
                      scripted.established("H26.2"))
    first, second, third = scripted.record_acts([root, one, two], at="2025-07-02T08:00")
    scripted.journal([first, third])
    scripted.wait_applied()
    assert scripted.value("select count(*) from orgcode.receipt") == 1
    wait_until(lambda: in_log(apply, "gap"), 5)
    scripted.journal([second, third])  # validate rewinds and sends them again
    scripted.wait_applied()
    assert scripted.sql("select code from orgcode.code order by 1") == [("H26",), ("H26.1",), ("H26.2",)]


def test_an_act_that_cannot_be_decoded_is_refused_and_stops_nothing(scripted):
    scripted.start("apply")
    root = scripted.established("H26", "ROOT", on="2025-06-01")
    scripted.journal_acts([("H26", b"\xc3\x01 no act"), root], at="2025-06-02T08:00")
    scripted.wait_applied()
    (bad, good) = [json.loads(d) for d, in scripted.sql("select data from orgcode.receipt order by number")]
    assert bad["verdict"] == "rejected" and bad["faults"][0]["reason"] == "form-unreadable" and "actId" not in bad
    assert good["verdict"] == "accepted"


def test_metrics_tell_what_was_done(scripted):
    apply = scripted.start("apply", "--metrics-listen", "127.0.0.1:0")
    scripted.journal_acts([scripted.established("H26", "ROOT", on="2025-06-01")], at="2025-06-02T08:00")
    scripted.wait_applied()
    wait_until(lambda: apply.metrics()['orgcode_apply_verdicts_total{verdict="accepted"}'] == 1, 5)
    shown = apply.metrics()
    assert shown["orgcode_apply_active"] == 1 and shown["orgcode_apply_records_total"] == 2


def test_what_is_due_happens_although_nothing_arrives(registry):
    """Held acts expire; time cannot be waited for in a live registry, so the act's term is moved. (What is announced: faults/test_clocks.py.)"""
    registry.start("validate")
    apply = registry.start("apply")
    unit = registry.established("H26.18", on="2025-03-01")
    assert registry.publish([unit]).returncode == 0
    registry.wait_validated()
    registry.wait_applied()
    assert registry.sql("select kind, released from orgcode.pending_act") == [(1, False)]
    assert apply.stop() == 0
    due = int((time.time() + 4) * 1000)
    registry.sql("update orgcode.pending_act set due_ms = %s", due)
    later = registry.start("apply", label="later")
    wait_until(lambda: in_log(later, "active"), 20)
    begun = max(due, int(time.time() * 1000))
    wait_until(lambda: registry.value("select count(*) from orgcode.pending_act") == 0, 20)
    kinds = [m.headers["oc-kind"] for m in registry.read("journal")]
    assert kinds[:2] == [b"genesis", b"act"] and set(kinds[2:]) == {b"tick"} and len(kinds) <= 4
    (tick, *_) = [m for m in registry.read("journal") if m.headers["oc-kind"] == b"tick"]
    assert tick.value == b"" and tick.key is None
    assert due <= tick.timestamp <= begun + 2000
    receipt = json.loads(registry.value("select data from orgcode.receipt order by number desc limit 1"))
    assert receipt["verdict"] == "rejected" and receipt["faults"][0]["reason"] == NEVER_GRANTED


def test_memory_stays_bounded_over_many_acts(scripted):
    apply = scripted.start("apply")
    scripted.journal_acts([scripted.established("H26", "ROOT", on="2025-01-01")], at="2025-06-02T08:00")
    scripted.journal_acts([scripted.established(f"H26.{n}", on="2025-06-01") for n in range(6000)], at="2025-06-03T08:00")
    scripted.wait_applied(deadline=60)
    assert scripted.value("select count(*) from orgcode.code") == 6001
    if "sanitize" not in os.environ.get("ORGCODE_BUILD", "") and not os.environ.get("ORGCODE_TEST_SLOW"):
        assert apply.resident_kib() <= 64 * 1024
