"""orgcode-replay redrive: refused acts back to their topics, byte for byte, each once."""

import json
import signal
from collections import Counter

from harness import wait_until

ORIGIN = "oc-redrive-origin"


def redrive(registry, *args, code=0, **more):
    """What the plan says, and what came of it."""
    done = registry.run("replay", "redrive", "--json", *args, **more)
    assert done.returncode == code, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines[0]["plan"], (lines[1]["done"] if len(lines) > 1 else None)


def acts(registry, authority):
    return registry.read(f"acts.{authority}")


def redriven(registry, authority):
    """Origins of what came by redrive, in order."""
    return [m.headers[ORIGIN].decode() for m in acts(registry, authority) if ORIGIN in m.headers]


def ledger(registry):
    return {m.key.decode(): json.loads(m.value) for m in registry.read("redrive")}


def wait_decided(registry, *authorities):
    """Until each record of the acts topics has a receipt; behind the last one may stand a transaction's marker."""
    def all_there():
        told = {(o["topic"], o["offset"]) for (o,) in registry.sql(
            "select data::json -> 'origin' from orgcode.receipt where data::json -> 'origin' is not null")}
        return all((m.topic, m.offset) in told for a in authorities for m in acts(registry, a))
    wait_until(all_there, 60, lambda: f"every act decided\n{registry.tails()}", every=0.1)


def verdict(registry, act):
    return registry.sql("select data::json ->> 'verdict' from orgcode.receipt where act_id = %s order by number desc limit 1",
                        act["actId"])[0][0]


def place(registry, authority, offset):
    return f"{registry.prefix}.acts.{authority}-0-{offset}"


def test_refused_acts_and_rejected_bytes_go_back_once(registry):
    registry.start("validate")
    registry.start("apply")
    unit, child = registry.established("H26.18"), registry.established("H26.18.1")
    wrong = registry.established("G12.7", authority="G12")
    registry.publish([registry.established("G12", "ROOT")], check=True)
    wait_decided(registry, "ROOT")
    # Refused: a child without a parent (twice, the later word counts), bytes that nobody can read, another's act.
    bad = registry.established("G12.7.1", authority="G12")
    (other,) = registry.frames([registry.established("G12.9", authority="G12")])
    registry.publish([wrong], check=True)
    registry.publish([bad, bad], check=True)
    wait_decided(registry, "G12")
    registry.publish([registry.established("H26", "ROOT")], check=True)
    wait_decided(registry, "ROOT")
    registry.publish([child], check=True)
    forged = [("oc-kind", b"genesis"), ("", None), (ORIGIN, b"mine"), ("oc-time", b"")]
    registry.send_act_bytes("H26", b"\x00\xff not an act", key=b"\x00k", headers=forged)
    registry.send_act_bytes("H26", other, headers=[("x", b"1"), ("x", b"2")])
    registry.send_act_bytes("H26", None, key=b"no value")
    wait_decided(registry, "H26", "G12")
    assert verdict(registry, child) == "rejected"
    before = acts(registry, "H26")
    assert len(before) == 4

    plan, done = redrive(registry, "--dry-run")
    assert done is None and plan["acts"] == 4 and not ledger(registry)
    assert {(c["rule"], c["authority"]): c["count"] for c in plan["counts"]} == \
        {("PARENT", "H26"): 1, ("FORM", "H26"): 2, ("ACCOUNT", "H26"): 1}
    assert redrive(registry, "--dry-run", "--rule", "form-unreadable", "--limit", "1")[0]["beyondLimit"] == 1
    assert redrive(registry, "--dry-run", "--authority", "G12")[0]["acts"] == 0
    assert redrive(registry, "--dry-run", "--to", "2020-01-01")[0]["acts"] == 0
    assert redrive(registry, "--dry-run", "--from", "2020-01-01T00:00:00Z", "--rule", "PARENT")[0]["acts"] == 1
    assert "a rule like FORM" in registry.run("replay", "redrive", "--rule", "NONE").stderr

    # The parent came meanwhile: now the child may come.
    registry.publish([unit], check=True)
    wait_decided(registry, "H26")
    redrive(registry, "--at", plan["head"])
    wait_decided(registry, "H26")
    assert verdict(registry, child) == "accepted"
    after = [m for m in acts(registry, "H26") if m.offset > before[-1].offset + 1]
    assert [(m.key, m.value, m.header_list[:-1]) for m in after] == [(m.key, m.value, m.header_list) for m in before]
    assert [m.header_list[-1] for m in after] == [(ORIGIN, place(registry, "H26", n).encode()) for n in range(4)]
    entries = ledger(registry)
    assert entries.keys() == {place(registry, "H26", n) for n in range(4)}
    assert entries[place(registry, "H26", 0)]["actId"] == child["actId"]
    assert [entries[place(registry, "H26", n)]["newOrigin"] for n in range(4)] == [place(registry, "H26", m.offset) for m in after]

    # The rest is refused again, at its new place: it is known there too.
    plan, done = redrive(registry)
    assert (plan["acts"], plan["sentBefore"], done) == (0, 6, None)
    # Again, and twice: each once, and under the first origin.
    for turn in (2, 3):
        plan, done = redrive(registry, "--again", "--rule", "FORM")
        assert done == {"sent": 2, "gone": 0, "stopped": False}
        wait_decided(registry, "H26")
        counts = Counter(redriven(registry, "H26"))
        assert counts[place(registry, "H26", 1)] == counts[place(registry, "H26", 3)] == turn
        assert len(ledger(registry)[place(registry, "H26", 1)]["places"]) == turn
    last = [m for m in acts(registry, "H26") if m.headers.get(ORIGIN) == place(registry, "H26", 1).encode()]
    assert {(m.key, m.value, str(m.header_list)) for m in last} == {(last[0].key, last[0].value, str(last[0].header_list))}
    redrive(registry, "--at", plan["head"], code=1)
    assert registry["apply"].running and registry["validate"].running
    assert registry.value("select count(*) from orgcode.receipt where data like '%%topic-recreated%%'") == 0


def many_refused(registry, count=500):
    """Acts of H26 below a code that does not exist."""
    registry.start("validate")
    registry.start("apply")
    registry.publish([registry.established("H26", "ROOT")], check=True)
    wait_decided(registry, "ROOT")
    refused = [registry.established(f"H26.18.{n}") for n in range(1, count + 1)]
    registry.publish(refused, check=True)
    wait_decided(registry, "H26")
    return refused


def test_a_redrive_that_is_killed_sends_nothing_twice(registry, tmp_path):
    count = 500
    refused = many_refused(registry, count)
    registry.publish([registry.established("H26.18")], check=True)
    wait_decided(registry, "H26")
    sent = 0
    for point, more in (("redrive-sent", 0), ("redrive-committed", 100), ("redrive-noted", 0), ("redrive-committed", 100)):
        registry.run("replay", "redrive", env={"ORGCODE_CRASH_AT": point})
        sent += more
        if more:
            wait_until(lambda: len(redriven(registry, "H26")) == sent, 30, "what was committed")
    # What a killed one had under way holds the topic up until the next begins, or the broker gives it up.
    plan, done = redrive(registry, "--limit", "150")
    assert (plan["acts"], plan["beyondLimit"], done["sent"]) == (150, 150, 150)
    # Stopped by a signal it ends behind a batch, and says how to go on.
    slow = registry.start("replay", "redrive", "--rate", "5", label="slow")
    wait_until(lambda: len(redriven(registry, "H26")) > 350, 60, "some")
    slow.signal(signal.SIGTERM)
    assert slow.wait(60) == 3 and "run it again" in slow.log_text()
    # A second one ends the first, which sends nothing more.
    slow = registry.start("replay", "redrive", "--rate", "1", label="first")
    before = len(redriven(registry, "H26"))
    wait_until(lambda: len(redriven(registry, "H26")) > before, 60, "some more")
    redrive(registry)
    assert slow.wait(60) == 4 and "Another redrive" in slow.log_text()
    # Each once, and each decided: the holes that markers and aborted records leave are none to validate and apply.
    wait_decided(registry, "H26")
    origins = redriven(registry, "H26")
    assert len(origins) == count and len(set(origins)) == count == len(ledger(registry))
    assert {verdict(registry, a) for a in (refused[0], refused[99], refused[100], refused[-1])} == {"accepted"}
    assert registry.value("select count(*) from orgcode.code where code like 'H26.18.%%' and status = 1") == count
    # What was aborted was never decided.
    told = registry.value("select count(*) from orgcode.receipt where data like %s", f'%"topic":"{registry.prefix}.acts.H26"%')
    assert told == len(acts(registry, "H26"))
    offsets = [m.offset for m in acts(registry, "H26")]
    assert offsets[-1] + 1 - len(offsets) > 200  # aborted records and markers
    journal = [m for m in registry.read("journal") if m.headers.get("oc-topic") == f"{registry.prefix}.acts.H26".encode()]
    covered = [(int(m.headers["oc-from"]), int(m.headers["oc-offset"])) for m in journal]
    assert all(after[0] == before[1] + 1 for before, after in zip(covered, covered[1:]))
    # And validate's place, committed behind a hole, is one that it goes on from.
    registry["validate"].kill()
    registry["validate"].start()
    registry.publish([registry.established("H26.19")], check=True)
    wait_decided(registry, "H26")
    assert registry.value("select status from orgcode.code where code = 'H26.19'") == 1


def test_what_stands_no_longer_where_it_stood_is_not_sent(registry):
    many_refused(registry, 3)
    registry["validate"].stop()
    registry.kafka.delete(f"{registry.prefix}.acts.H26")
    assert redrive(registry, "--dry-run")[0]["withoutTopic"] == 3
    registry.add_authorities("H26")
    wait_until(lambda: registry.send_act_bytes("H26", b"another") >= 0, 30, "the topic made anew")
    plan, done = redrive(registry, code=1)
    assert (plan["acts"], done["sent"], done["gone"]) == (3, 0, 3)
    assert not redriven(registry, "H26") and not ledger(registry)
    registry.kafka.delete(f"{registry.prefix}.redrive")
    done = registry.run("replay", "redrive")
    assert done.returncode == 1 and "orgcode-topics" in done.stderr
