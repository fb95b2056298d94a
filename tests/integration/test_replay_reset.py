"""orgcode-replay reset: validate reads again, or is led past something; notify tells again into empty topics."""

import datetime
import json
import threading

import pytest

from harness import wait_until


def reset(registry, *args, code=0):
    """(plan, done) of `reset ARGS`; done is None when it did not come to that."""
    done = registry.run("replay", "reset", *args, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    found = {}
    for line in done.stdout.splitlines():
        found.update(json.loads(line))
    found["error"] = done.stderr
    return found


def moves(found):
    """{authority: the plan's word on its partition}"""
    return {p["topic"].rpartition(".")[2]: p for p in found["plan"]["partitions"]}


def origins(registry, authority):
    """(from, offset) of the journal's records of an authority, in order."""
    topic = f"{registry.prefix}.acts.{authority}".encode()
    return [(int(m.headers["oc-from"]), int(m.headers["oc-offset"])) for m in registry.read("journal")
            if m.headers.get("oc-topic") == topic]


def committed(registry, end, authority="H26"):
    """Until validate's commits have come to `end`."""
    def there():
        old = moves(reset(registry, "validate", "--to", "beginning", "--dry-run"))[authority]["old"]
        return old is not None and old >= end
    wait_until(there, 60, f"validate's place at {end}", every=0.2)


def units(registry, count, first=1):
    return [registry.established(f"H26.{n}", on="2021-01-01") for n in range(first, first + count)]


def born(registry):
    """The registry runs, and H26 exists."""
    registry.start_all()
    registry.publish([registry.established("H26", "ROOT", on="2020-09-15")], "--wait", check=True)


def heads(registry):
    place = registry.place()
    return {n: place[n] for n in ("sequence", "receipt", "change_head", "receipt_head")}


def test_each_place_has_a_name(make_registry):
    registry = make_registry(migrate=False, genesis=False, authorities=("G12",))
    topic = f"{registry.prefix}.acts.H26"
    registry.kafka.create(topic, message_timestamp_type="CreateTime")
    hour = 3600_000
    times = [hour, 2 * hour, 2 * hour, 2 * hour, 4 * hour]
    registry.kafka.send_many(topic, [dict(value=b"x%d" % n, timestamp=1_750_000_000_000 + t) for n, t in enumerate(times)])

    def plan(to, code=0, topic="H26"):
        return moves(reset(registry, "validate", "--to", to, "--topic", topic, "--dry-run", code=code))[topic]

    def at(hours):
        return datetime.datetime.fromtimestamp(1_750_000_000 + hours * 3600, datetime.timezone.utc).isoformat()
    # no validate has ever run: it would begin at 0, and a place ahead leaves acts undecided
    assert plan("beginning") == {"topic": topic, "partition": 0, "old": None, "new": 0, "begin": 0, "end": 5, "repeats": 0,
                                 "skips": 0, "outcome": "found", "move": "none"}
    assert (plan("3", code=1)["outcome"], plan("3", code=1)["new"]) == ("ahead", 0)
    validate = registry.start("validate")
    registry.wait_validated()
    assert validate.stop() == 0
    found = {to: plan(to) for to in ("0", "3", "5", "9", "beginning", "end", at(0), at(1), at(1.5), at(2), at(3), at(4), at(5))}
    assert {to: (p["new"], p["repeats"], p["outcome"]) for to, p in found.items()} == {
        "0": (0, 5, "found"), "3": (3, 2, "found"), "5": (5, 0, "found"), "9": (5, 0, "beyond-end"),
        "beginning": (0, 5, "found"), "end": (5, 0, "found"),
        at(0): (0, 5, "before-start"), at(1): (0, 5, "found"), at(1.5): (1, 4, "found"), at(2): (1, 4, "equal-timestamps"),
        at(3): (4, 1, "found"), at(4): (4, 1, "found"), at(5): (5, 0, "beyond-end")}
    assert all(p["old"] == 5 for p in found.values())
    assert plan("2", topic="G12")["outcome"] == "empty" and plan(at(1), topic="G12")["move"] == "none"
    registry.kafka.delete_records(topic, 2)
    gone = {to: plan(to) for to in ("0", "1", "2", "beginning", at(1), at(2))}
    assert {to: (p["begin"], p["new"], p["repeats"], p["outcome"]) for to, p in gone.items()} == {
        "0": (2, 2, 3, "before-start"), "1": (2, 2, 3, "before-start"), "2": (2, 2, 3, "found"), "beginning": (2, 2, 3, "found"),
        at(1): (2, 2, 3, "before-start"), at(2): (2, 2, 3, "equal-timestamps")}


def test_wrong_words_change_nothing(registry):
    assert "expected an offset" in reset(registry, "validate", "--to", "-3", code=2)["error"]
    assert "--to is missing" in reset(registry, "validate", code=2)["error"]
    assert "there is no such topic" in reset(registry, "validate", "--to", "end", "--topic", "H99", code=1)["error"]
    reset(registry, "nobody", code=2)
    reset(registry, "notify", "--to", "0", code=2)
    registry.send_act_bytes("H26", b"x")
    assert "never be decided" in reset(registry, "validate", "--to", "end", code=1)["error"]
    head = reset(registry, "validate", "--to", "end", "--skip", "--dry-run")["plan"]["head"]
    registry.send_act_bytes("H26", b"x")
    assert "nothing was changed" in reset(registry, "validate", "--to", "end", "--skip", "--at", head, code=1)["error"]
    assert not registry.read("validate.control")
    registry.start("validate")
    committed(registry, 2)
    assert registry["validate"].stop() == 0
    registry.kafka.send_many(f"{registry.prefix}.acts.G12", [dict(value=b"x")] * 2)
    both = moves(reset(registry, "validate", "--to", "1", "--dry-run"))  # one will read all of it anyway
    assert (both["H26"]["move"], both["G12"]["move"], both["G12"]["outcome"]) == ("back", "none", "ahead")


@pytest.mark.parametrize("copies", [1, 3])
def test_it_reads_again_while_it_runs_and_acts_arrive(registry, copies):
    born(registry)
    for _ in range(copies - 1):
        registry.start("validate")
    acts = units(registry, 900)
    frames = registry.frames(acts)
    stop = threading.Event()

    def load():
        for at in range(0, len(frames), 15):
            registry.kafka.send_many(f"{registry.prefix}.acts.H26", [dict(value=f) for f in frames[at:at + 15]])
            stop.wait(0.05)
    sender = threading.Thread(target=load)
    sender.start()
    try:
        registry.wait_journal(200, deadline=90)
        for to in ("beginning", "50", "beginning"):
            committed(registry, 100)
            found = reset(registry, "validate", "--to", to, "--wait", "90s")
            assert found["done"] == {"obeyed": True}
    finally:
        sender.join()
    registry.wait_all(120)
    seen = origins(registry, "H26")
    assert seen.count((0, 0)) >= 2 and len(seen) > len(frames)
    assert all(p.running for p in registry.programs.values())
    receipts = registry.receipts("H26")
    assert [r["verdict"] for r in receipts] == ["accepted"] * len(acts)
    assert [r["actId"] for r in receipts] == [a["actId"] for a in acts]
    before = heads(registry)
    assert before["sequence"] == len(acts) + 1 == before["receipt"]
    committed(registry, len(frames))
    assert moves(reset(registry, "validate", "--to", "beginning", "--wait", "90s"))["H26"]["repeats"] == len(frames)
    registry.wait_journal(len(seen) + len(frames), deadline=90)
    registry.wait_all(90)
    assert heads(registry) == before  # what comes again leaves no trace


def test_an_order_outlives_crashes(registry):
    born(registry)
    registry.publish(units(registry, 20), "--wait", check=True)
    committed(registry, 20)
    before, seen = heads(registry), len(origins(registry, "H26"))
    registry["validate"].pause()
    answer = reset(registry, "validate", "--to", "5", "--topic", "H26", "--wait", "1s", code=1)
    assert "has not answered" in answer["error"]
    registry["validate"].kill()
    registry["validate"].start()
    wait_until(lambda: len(origins(registry, "H26")) == seen + 15, 60, "fifteen records again")
    committed(registry, 20)
    assert registry["validate"].stop() == 0
    registry["validate"].start()  # and is obeyed once
    registry.publish(units(registry, 2, 1000), "--wait", check=True)
    assert len(origins(registry, "H26")) == seen + 15 + 2
    assert registry["validate"].stop() == 0
    found = reset(registry, "validate", "--to", "20", "--topic", "acts.H26")
    assert found["done"] == {"obeyed": False} and moves(found)["H26"]["repeats"] == 2
    registry["validate"].start()
    wait_until(lambda: origins(registry, "H26").count((20, 20)) >= 2, 60, "read from 20 on")
    registry.wait_all()
    after = heads(registry)
    assert after["sequence"] == before["sequence"] + 2 and after["receipt"] == before["receipt"] + 2


def test_what_is_skipped_is_never_decided_and_leaves_no_gap(registry):
    born(registry)
    first, lost, later, last = units(registry, 4)
    registry.publish([first], "--wait", check=True)
    committed(registry, 1)
    assert registry["validate"].stop() == 0
    for frame in registry.frames([lost, lost | {"actId": first["actId"][:-12] + "0" * 12}]):
        registry.send_act_bytes("H26", frame)
    found = reset(registry, "validate", "--to", "end", "--topic", "H26", "--skip")
    assert moves(found)["H26"]["skips"] == 2 and found["done"] == {"obeyed": False}
    registry["validate"].start()
    registry.publish([registry.established("G12", "ROOT", on="2020-09-15")], "--wait", check=True)
    registry["validate"].kill()  # obeyed, and taken over by another before anything came
    registry["validate"].start()
    registry.publish([later], "--wait", check=True)
    assert origins(registry, "H26") == [(0, 0), (1, 3)]
    # and while it runs, there is nothing to skip; then back over what was skipped
    registry.publish([last], "--wait", check=True)
    committed(registry, 5)
    found = reset(registry, "validate", "--to", "1", "--topic", "H26", "--wait", "60s")
    assert found["done"] == {"obeyed": True}
    wait_until(lambda: len(origins(registry, "H26")) >= 7, 60, "read again")
    registry.wait_all()
    assert registry.verdicts("H26") == {a["actId"]: "accepted" for a in (first, later, last)}


def test_notify_tells_all_again_into_new_topics(registry):
    born(registry)
    registry.publish(units(registry, 30), "--wait", check=True)
    registry.wait_all()
    other, late = f"{registry.prefix}n", f"{registry.prefix}m"
    for prefix in (other, late):
        registry.rights_elsewhere(prefix, "ROOT", "H26", "G12")
    plan = reset(registry, "notify", "--into", other, "--dry-run")["plan"]
    assert plan["changes"] == plan["receipts"] == 31 and f"{other}.receipts.H26" in plan["topics"]
    assert not registry.kafka.topics(other + ".")
    # The plan holds while the registry goes on, and not when there is something else to be made.
    registry.publish(units(registry, 1, 31), "--wait", check=True)
    registry.kafka.create(f"{other}.state", cleanup_policy="compact")
    assert "nothing was changed" in reset(registry, "notify", "--into", other, "--at", plan["head"], code=1)["error"]
    registry.kafka.delete(f"{other}.state")
    assert reset(registry, "notify", "--into", other, "--at", plan["head"])["plan"] == plan
    registry.start("notify", "--prefix", other, label="again")

    def told(prefix, name):
        return [(m.key, m.value, m.header_list) for m in registry.kafka.read(f"{prefix}.{name}")]
    names = ("changes", "receipts.H26", "receipts.ROOT")
    wait_until(lambda: all(told(other, n) == told(registry.prefix, n) for n in names), 60, "told again")
    assert {m.key: m.value for m in registry.kafka.read(f"{other}.state")} == {m.key: m.value for m in registry.read("state")}
    assert "holds records" in reset(registry, "notify", "--into", other, code=1)["error"]
    assert "holds records" in reset(registry, "notify", code=1)["error"]
    assert "ends with change 32" in reset(registry, "notify", "--into", late, "--from", "99", code=1)["error"]
    reset(registry, "notify", "--into", late, "--from", "30", "--from-receipt", "31")
    registry.start("notify", "--prefix", late, label="late")
    wait_until(lambda: [told(late, n) for n in names] == [told(other, "changes")[29:], told(other, "receipts.H26")[29:], []], 60)
    registry.kafka.delete(*registry.kafka.topics(other + "."), *registry.kafka.topics(late + "."))


def test_notify_tells_again_into_its_own_topics_when_they_were_emptied(registry):
    born(registry)
    registry.publish(units(registry, 5), "--wait", check=True)
    registry.wait_all()
    told = [(m.key, m.value) for m in registry.read("changes")]
    names = [f"{registry.prefix}.{n}" for n in ("changes", "state", "receipts.H26", "receipts.ROOT", "receipts.G12")]
    registry.kafka.delete(*names)
    registry.run("topics", "ROOT", "H26", "G12", check=True)
    reset(registry, "notify")
    registry.publish(units(registry, 1, 9), check=True)
    assert registry["notify"].wait(60) == 4  # it has something to tell, and finds that it was replaced
    registry["notify"].start()
    wait_until(lambda: [(m.key, m.value) for m in registry.read("changes")][:-1] == told, 60, "told again")
    wait_until(lambda: len(registry.receipts()) == 7, 60, "receipts too")
