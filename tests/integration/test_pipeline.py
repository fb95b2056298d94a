"""One act through all four programs, and one to each verdict; and the journal written by hand."""

import datetime
from collections import Counter


def test_an_act_goes_through_all_four_programs(registry):
    registry.start_all()
    h26 = registry.established("H26", authority="ROOT", on="2020-09-15")
    unit = registry.established("H26.18", on="2025-03-01")
    assert registry.publish([h26], "--wait").returncode == 0
    assert registry.publish([unit, unit], "--wait").returncode == 0
    registry.wait_all()
    assert registry.verdicts("ROOT") == {h26["actId"]: "accepted"}
    assert [r["verdict"] for r in registry.receipts("H26")] == ["accepted", "duplicate"]
    changes = registry.changes()
    assert [c["type"] for c in changes] == ["vn.gov.orgcode.organization.established.v1"] * 2
    assert [c["key"] for c in changes] == ["H26", "H26.18"]
    assert [c["sequence"] for c in changes] == ["1".zfill(20), "2".zfill(20)]
    assert {m.key: m.value for m in registry.read("state")}.keys() == {b"H26", b"H26.18"}
    assert [p.stop() for p in registry.programs.values()] == [0, 0, 0]


def test_every_verdict_comes_as_a_receipt(registry):
    """contract.md C-17, C-18"""
    registry.start_all()
    future = str(datetime.date.today() + datetime.timedelta(days=30))
    root = registry.established("H26", "ROOT", on="2020-09-15")
    unit, coming = registry.established("H26.1"), registry.established("H26.2", on=future)
    astray = registry.established("H26.8.1")  # nothing is above it
    early = registry.established("G12.1", "G12")  # ROOT has not granted G12
    undo = [registry.act("annulled", {"annuls": act["actId"], "reason": "entryError"}) for act in (unit, coming)]
    other = registry.established("H26.1", name="Tên khác", act_id=unit["actId"])
    for act in (root, unit, unit, other, astray, coming, early, *undo):
        registry.publish([act], "--wait")  # one after the other, as each rests on those before
    registry.wait_all()
    place = {"G12": 0, "ROOT": 0, "H26": 0}
    told = []
    for receipt in registry.receipts():
        authority, origin = receipt["authority"], receipt.get("origin")
        if origin:  # of a record: in the order of the topic
            assert origin == {"topic": f"{registry.prefix}.acts.{authority}", "partition": 0, "offset": place[authority]}
            place[authority] += 1
        told.append((receipt["actId"], receipt["verdict"], bool(origin)))
    assert told == [(root["actId"], "accepted", True), (unit["actId"], "accepted", True), (unit["actId"], "duplicate", True),
                    (unit["actId"], "conflict", True), (astray["actId"], "rejected", True), (coming["actId"], "announced", True),
                    (early["actId"], "held", True), (undo[0]["actId"], "accepted", True), (unit["actId"], "annulled", False),
                    (undo[1]["actId"], "accepted", True), (coming["actId"], "withdrawn", False)]
    assert Counter(c["type"].removeprefix("vn.gov.orgcode.").removesuffix(".v1") for c in registry.changes()) == {
        "organization.established": 2, "act.announced": 1, "organization.annulled": 1, "act.withdrawn": 1}
    receipts = registry.receipts()
    first, again, conflict, rejected = (receipts[n] for n in (1, 2, 3, 4))
    assert again["original"] == conflict["original"] == {"verdict": "accepted"} and again["sequences"] == conflict["sequences"] == first["sequences"]
    assert rejected["rule"] and rejected["faultCount"] == len(rejected["faults"]) == 1 and "sequences" not in rejected
    assert {"rule", "reason", "code", "message"} <= set(rejected["faults"][0]) and set(rejected["faults"][0]["message"]) == {"vi", "en"}


def test_a_scripted_registry_decides_by_the_stamps_of_its_journal(scripted):
    apply = scripted.start("apply")
    root = scripted.established("H26", "ROOT", on="2025-06-12")
    coming = scripted.established("H26.18", on="2025-07-01")
    scripted.journal_acts([root, coming], at="2025-06-12T08:00")
    scripted.journal_tick(at="2025-06-30T23:59:59.999")
    scripted.wait_applied()
    assert scripted.value("select status from orgcode.code where code = 'H26.18'") == 0
    scripted.journal_tick(at="2025-07-01T00:00")
    scripted.wait_applied()
    assert scripted.value("select status from orgcode.code where code = 'H26.18'") == 1
    assert apply.stop() == 0


def test_frames_are_the_bytes_that_publish_sends(scripted):
    acts = [scripted.established(f"H26.{n:02}") for n in range(1, 4)] + [scripted.established("H26", "ROOT")]
    frames = scripted.frames(acts)
    assert [f[:2] for f in frames] == [b"\xc3\x01"] * 4
    assert [acts[i]["body"]["code"].encode() in f for i, f in enumerate(frames)] == [True] * 4


def test_bytes_that_no_one_can_read_stop_nothing(registry):
    """contract.md C-16, C-20"""
    registry.start_all()
    root = registry.established("H26", "ROOT")
    registry.publish([root], "--wait", check=True)
    registry.send_act_bytes("H26", b"not an act", key=b"k", headers=[("oc-kind", "genesis"), ("x", "1")])
    unit = registry.established("H26.18")
    registry.publish([unit], "--wait", check=True)
    registry.wait_all()
    (rejected,) = registry.read("rejected")
    assert (rejected.key, rejected.value) == (b"k", b"not an act")
    assert rejected.header_list[:2] == [("oc-kind", b"genesis"), ("x", b"1")]
    (sent, _) = registry.read("acts.H26")
    assert {name: rejected.headers[f"oc-{name}"].decode() for name in ("topic", "partition", "offset", "time")} == {
        "topic": sent.topic, "partition": "0", "offset": "0", "time": str(sent.timestamp)}
    assert rejected.headers["oc-reason"] and rejected.headers["oc-detail"]
    assert [m.key is None for m in registry.read("receipts.H26")] == [True, False]  # unreadable input names no act
    assert [r["verdict"] for r in registry.receipts("H26")] == ["rejected", "accepted"]
