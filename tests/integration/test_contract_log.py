"""The log of changes, the latest records and the receipts as their readers find them, clause by clause (schemas/contract.md C-1 to C-23)."""

import datetime
import hashlib
import json
import re
from pathlib import Path

import yaml

from harness.oracle import canonical
from harness.registry import millis
from harness.sample import FILES, acts_of

ROOT = Path(__file__).resolve().parents[2]
TYPES = ["organization." + name for name in ("established", "contact_updated", "renamed", "recoded", "merged", "took_over", "split", "separated", "dissolved",
                                             "corrected", "annulled")] + ["code.closed", "act.announced", "act.withdrawn", "scheme.registered"]
ATTRIBUTES = {"specversion", "id", "source", "type", "subject", "partitionkey", "time", "recordedtime", "sequence", "subjectversion", "correlationid",
              "actindex", "actcount", "dataschema"}
LINKS = ("predecessors", "predecessorCount", "successors", "successorCount")
FIELDS = ("status", "issuedOn", "closedOn", "organizationId", "type", "lastDecision", *LINKS)


def text(value):
    return value.decode()


def named(act):
    """Codes of an act's body, in the order of its fields, each where it is named first."""
    body, out = act["body"], []
    for name in ("code", "source", "sources", "into", "results", "codes", "successors"):
        for item in body[name] if isinstance(body.get(name), list) else [body[name]] if name in body else []:
            out += [item] if isinstance(item, str) else [item[key] for key in ("from", "code", "to") if key in item]
    return list(dict.fromkeys(out))


# ---- the log -----------------------------------------------------------------------------------------------------------

def test_the_log(sample):
    """C-1, C-2, C-3, C-4, C-6: one partition, binary mode, ids without holes, known types, nothing empty."""
    registry = sample.registry
    assert registry.kafka.topics(f"{registry.prefix}.changes") == {f"{registry.prefix}.changes": 1}
    messages, versions = registry.read("changes"), {}
    assert len(messages) == registry.place()["sequence"] > 300
    for number, m in enumerate(messages, 1):
        head = {name: text(value) for name, value in m.headers.items()}
        assert head.pop("content-type") == "application/json" and {name.removeprefix("ce_") for name in head} == ATTRIBUTES and len(m.header_list) == 15
        assert all(name.startswith("ce_") for name in head)
        ce = {name[3:]: value for name, value in head.items()}
        assert ce["id"] == f"01-{number:020}" and ce["sequence"] == f"{number:020}" and ce["specversion"] == "1.0"
        assert text(m.key) == ce["subject"] == ce["partitionkey"]
        versions[ce["subject"]] = versions.get(ce["subject"], 0) + 1
        assert ce["subjectversion"] == f"{versions[ce['subject']]:020}"
        assert ce["type"].removeprefix("vn.gov.orgcode.").removesuffix(".v1") in TYPES and ce["dataschema"] == "urn:orgcode:schema:change:1"
        data = json.loads(m.value)
        assert ce["time"] == f"{data['effectiveOn']}T00:00:00.000+07:00" and ce["recordedtime"] == data["recordedAt"] and ce["correlationid"] == data["actId"]


def test_an_act_is_one_run(sample):
    """C-5: in the order of the act's fields, then units in byte order."""
    acts, events, seen = {a["actId"]: a for name in FILES for a in acts_of(name)}, sample.serve.all_changes(limit=1000), set()
    at = 0
    while at < len(events):
        count, act = events[at]["actcount"], acts[events[at]["correlationid"]]
        run = events[at:at + count]
        assert [(e["correlationid"], e["actindex"], e["actcount"]) for e in run] == [(act["actId"], n, count) for n in range(1, count + 1)]
        assert act["actId"] not in seen
        seen.add(act["actId"])
        subjects, codes = [e["subject"] for e in run], named(act)
        assert subjects[:len(codes)] == codes and subjects[len(codes):] == sorted(subjects[len(codes):], key=str.encode), act
        at += count
    assert seen == set(acts)


def changed(before, after):
    """{field: (before, after)} of two records; a field of info is one of its own."""
    flat = [{**{f: (r or {}).get(f) or None for f in FIELDS}, **{f"info.{k}": v for k, v in (r or {}).get("info", {}).items()}} for r in (before, after)]
    return {f: (flat[0].get(f), flat[1].get(f)) for f in flat[0] | flat[1] if flat[0].get(f) != flat[1].get(f)}


def parts(before, after):
    """The same, of the members `before` and `after`."""
    flat = [{**{k: v or None for k, v in (p or {}).items() if k != "info"}, **{f"info.{k}": v for k, v in (p or {}).get("info", {}).items()}} for p in (before, after)]
    return {f: (flat[0].get(f), flat[1].get(f)) for f in flat[0] | flat[1]}


def test_what_a_change_says(told):
    """C-7, C-8, C-9, C-10: of every act of the story, against the act, the code's edges and its record before."""
    latest, kinds = {}, set()
    for event in told.all_changes(limit=1000):
        data, subject, record = event["data"], event["subject"], event["data"]["record"]
        act = told.ask(f"/v1/acts/{data['authority']}/{data['actId']}")
        assert (act["kind"], act["recordedTime"]) == (data["kind"], data["recordedAt"]) and act["effectiveOn"] == data["effectiveOn"]
        assert "decision" not in data or {"number", "issuedBy", "issuedOn"} <= set(data["decision"])
        kinds.add(data["kind"])
        participants = data["participants"]
        assert data["participantCount"] == len(participants) and all(set(p) == {"code", "role", "continues", "disposition"} for p in participants)
        if subject.startswith("scheme:"):
            assert set(record) == {"scheme", "issuer", "grammar", "description", "version"}
            continue
        if event["type"].startswith("vn.gov.orgcode.act."):
            assert record is None  # H26.90 was never granted
            continue
        assert {"code", "scheme", "organizationId", "level", "info", "status", "issuedOn", "version", *LINKS} <= set(record)
        before = latest.get(subject)
        met = {p["code"] for p in participants}
        for way in ("predecessors", "successors"):
            assert {e["code"] for e in record[way] if e not in (before or {way: []})[way]} <= met, event
        wanted = changed(before, record)
        assert parts(data["before"], data["after"]) == wanted and (data["before"] is None) == (before is None), event
        latest[subject] = record
    assert kinds == {"established", "contact_updated", "renamed", "recoded", "merged", "split", "dissolved", "closed", "corrected", "annulled", "scheme_registered"}


def holds(record, part):
    return all((record["info"].get(k) == v for k, v in part.get("info", {}).items())) and all(record.get(k) == v for k, v in part.items() if k != "info")


def test_periods(told):
    """C-11: at the beginning of each stretch the record was so before, and is so from then on."""
    past = 0
    for event in told.all_changes(limit=1000):
        stretches = event["data"]["periods"]
        assert all(a.get("validTo", "9999") <= b["validFrom"] for a, b in zip(stretches, stretches[1:]))
        moment = millis(event["recordedtime"])
        for stretch in [] if event["subject"].startswith("scheme:") else stretches:
            day = stretch["validFrom"]
            past += day < event["recordedtime"][:10] and len(stretches) > 1
            for known, part in ((moment - 1, stretch["before"]), (moment, stretch["after"])):
                known = datetime.datetime.fromtimestamp(known / 1000, datetime.timezone(datetime.timedelta(hours=7))).isoformat(timespec="milliseconds")
                answer = told.get(f"/v1/organizations/{event['subject']}", validAt=day, knownAt=known)
                # several acts may stand at one moment: what was known before the first of them says nothing of the others' `before`
                if part is None:
                    assert answer.status == 404, (event["id"], day, known, answer.text)
                elif part is stretch["after"]:
                    assert holds(answer.json()["record"], part), (event["id"], day, known, part)
    assert past


def test_compliance(told):
    """C-12: decisions 30 days after the event, entries 7 days after the decision."""
    measured = 0

    def due(day, days):
        return datetime.date.fromisoformat(day) + datetime.timedelta(days)

    def late(day, on):
        return {"dueOn": str(on), "daysLate": max(0, (datetime.date.fromisoformat(day) - on).days)}
    for event in told.all_changes(limit=1000):
        data = event["data"]
        decision, found = data.get("decision"), data.get("compliance", {})
        if not decision:
            assert not found
            continue
        assert found["entry"] == late(data["recordedAt"][:10], due(decision["issuedOn"], 7)), event
        if data["kind"] in ("established", "merged", "split", "dissolved"):
            happened = told.ask(f"/v1/acts/{data['authority']}/{data['actId']}").get("happenedOn", data["effectiveOn"])
            assert found["decision"] == late(decision["issuedOn"], due(happened, 30)), event
        measured += 1
    assert measured > 20


# ---- latest records, receipts, other topics ----------------------------------------------------------------------------

def test_the_table_of_latest_records(sample):
    """C-15"""
    registry, latest = sample.registry, {}
    for change in registry.changes():
        latest[change["key"]] = change["data"]["record"]
    assert {text(m.key): json.loads(m.value) for m in registry.read("state")} == {k: r for k, r in latest.items() if r}
    assert any(r["status"] == "closed" for r in latest.values())


def test_receipts_and_their_chain(sample):
    """C-13, C-16, C-17, C-19: one for each act, to its authority alone, in one chain over all authorities."""
    registry, told = sample.registry, []
    acts, head = {a["actId"]: a for name in FILES for a in acts_of(name)}, f"{sample.registry.prefix}.receipts."
    for topic in registry.kafka.topics(head):
        for m in registry.kafka.read(topic):
            receipt = json.loads(m.value)
            assert (text(m.key), int(m.headers["oc-number"]), text(m.headers["oc-verdict"])) == (receipt["actId"], receipt["number"], receipt["verdict"])
            assert acts[receipt["actId"]]["authority"] == topic.removeprefix(head) and receipt["origin"]["topic"] == f"{registry.prefix}.acts.{topic.removeprefix(head)}"
            told.append(receipt)
    told.sort(key=lambda r: r["number"])
    assert [r["number"] for r in told] == list(range(1, len(acts) + 1)) and {r["actId"] for r in told} == set(acts)
    previous = "0" * 64
    for receipt in told:
        assert receipt["faults"] == [] and receipt["faultCount"] == 0 and receipt["verdict"] in ("accepted", "announced") and "rule" not in receipt
        assert all({"rule", "reason", "message"} <= set(w) and set(w["message"]) == {"vi", "en"} for w in receipt["warnings"])
        assert sample.serve.ask(f"/v1/acts/{acts[receipt['actId']]['authority']}/{receipt['actId']}")["sequences"] == {
            end: f"01-{receipt['sequences'][end]:020}" for end in ("first", "last")} if receipt["number"] % 40 == 0 else True
        plain = {k: v for k, v in receipt.items() if k not in ("hash", "previousHash")}
        plain["warnings"] = [{k: v for k, v in w.items() if k != "message"} for w in plain["warnings"]]
        assert receipt["previousHash"] == previous
        previous = hashlib.sha256(previous.encode() + canonical(plain)).hexdigest()
        assert receipt["hash"] == previous
    assert registry.place()["receipt_head"] == previous


def test_a_reader_resumes_by_sequence(sample):
    """C-22: offsets have holes, sequences have none; the first above one's last is where to go on."""
    messages = sample.registry.read("changes")
    offsets = [m.offset for m in messages]
    assert offsets == sorted(set(offsets)) and offsets[-1] > len(offsets)
    for last in (1, len(messages) // 2, len(messages) - 1):
        (place,) = [m.offset for m in messages if int(m.headers["ce_sequence"]) == last + 1]
        assert [int(m.headers["ce_sequence"]) for m in sample.registry.read("changes", start=place)] == list(range(last + 1, len(messages) + 1))


def test_every_topic_is_described(sample):
    """C-23: none beside those of the AsyncAPI document."""
    channels = yaml.safe_load((ROOT / "schemas/api/asyncapi.yaml").read_text())["channels"].values()
    described = {re.sub(r"\{\w+\}", "X", c["address"]).removeprefix("orgcode.") for c in channels}
    head = f"{sample.registry.prefix}."
    there = {re.sub(r"^(acts|receipts)\..+", r"\1.X", name.removeprefix(head)) for name in sample.registry.kafka.topics(head)}
    assert there <= described and {"changes", "state", "receipts.X", "rejected", "journal"} <= there, there - described
