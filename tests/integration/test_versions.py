"""A control record puts version 2 of the law in force: what stands before it keeps its verdicts, bytes and hashes.

The programs that know version 2 (tests/next) take shorter names and write one member more into changes and receipts."""

import hashlib
import json
from datetime import datetime, timedelta, timezone

import pytest

from harness.oracle import ATTRIBUTES, canonical, text
from harness.program import BUILD

NEXT = BUILD / "tests/next"
LONG, SHORT = "Trung tâm Giám sát", "Sở Nội vụ"  # 18 characters are too many for version 2
TABLES = {"code": "code", "code_version": "code, valid_from, sequence", "succession": "from_code, to_code", "act": "number", "scheme": "scheme",
          "pending_act": "number", "law": "version", "change": "sequence", "receipt": "number"}


def acts(r, codes, name):
    return [r.established(code, authority="ROOT" if len(code) == 3 else code[:3], on="2025-06-01", name=name) for code in codes]


@pytest.fixture
def parts(make_registry):
    """(old, control, new): records of one journal, each with its time; the registry is there to make the frames."""
    r = make_registry(mode="scripted", genesis=False)
    announced = r.established("H26.9", on="2025-07-01", name=LONG)
    old = [r.record_genesis("2025-06-01T00:00")]
    old += r.record_acts(acts(r, ("H26", "H26.1", "H26.2"), LONG) + acts(r, ("G12.1",), SHORT), "2025-06-20T08:00")
    old += r.record_acts([announced], "2025-06-20T09:00")
    control = [r.record_control("2025-06-20T09:00", version=2)]
    new = r.record_acts(acts(r, ("H26.3",), LONG) + acts(r, ("H26.4", "G12"), SHORT), "2025-06-20T09:00")
    new += [r.record_tick("2025-07-01T00:00")]
    return old, control, new


@pytest.fixture
def scripted_of(make_registry):
    """A registry whose journal holds these records."""
    def make(*parts):
        made = make_registry(mode="scripted", genesis=False, authorities=("ROOT", "H26", "G12"))
        made.journal(sum(parts, []))
        return made
    return make


def tables(r, changes=None, receipts=None):
    """Every table as text; or changes and receipts up to these alone."""
    if changes is None:
        return {t: [row for row, in r.sql(f"select t::text from orgcode.{t} t order by {order}")] for t, order in TABLES.items()}
    return (r.sql("select sequence, data from orgcode.change where sequence <= %s order by 1", changes),
            r.sql("select number, authority, data from orgcode.receipt where number <= %s order by 1", receipts))


def stops(program, words):
    assert program.wait(60) == 4, program.tail()
    assert words in program.log_text(), program.tail()


def verdicts(r):
    """{name of a code: [verdict, rule] of each receipt}, through the changes or the acts' own names"""
    return [(d["verdict"], d.get("rule")) for d, in r.sql("select data::json from orgcode.receipt order by number")]


def check_events(r, first_new):
    """What followers get: the form in dataschema, and one chain across the upgrade."""
    previous = "0" * 64
    for number, m in enumerate(r.read("changes"), 1):
        head, data = {k: text(v) for k, v in m.headers.items()}, json.loads(m.value)
        new = number >= first_new
        assert head["ce_dataschema"] == f"urn:orgcode:schema:change:{2 if new else 1}" and data.get("reviewed") == (True if new else None)
        event = {name: head[f"ce_{name}"] for name in ATTRIBUTES}
        event.update(actindex=int(head["ce_actindex"]), actcount=int(head["ce_actcount"]), datacontenttype=head["content-type"])
        event["data"] = {k: v for k, v in data.items() if k not in ("hash", "previousHash")}
        assert data["previousHash"] == previous
        previous = hashlib.sha256(previous.encode() + canonical(event)).hexdigest()
        assert data["hash"] == previous, f"change {number}"
    for receipt in r.receipts():
        assert (receipt.get("xForm") == 2) == (receipt["number"] >= r.value("select receipt from orgcode.law")), receipt


def test_the_old_part_keeps_its_bytes(parts, scripted_of):
    """contract.md C-24, and the programs of both versions."""
    old, control, new = parts
    alone, whole = scripted_of(old), scripted_of(old, control, new)
    alone.start("apply")
    alone.wait_applied(deadline=60)
    place = alone.place()
    before = tables(alone)
    counts = place["sequence"], place["receipt"]
    assert verdicts(alone) == [("accepted", None)] * 3 + [("held", None)] + [("announced", None)]

    # The program of version 1 goes up to the record, whatever stands behind it in the same batch, and says why it stops there.
    old_program = whole.start("apply")
    stops(old_program, "a control record asks for version 2 of the rules, and this program knows them up to version 1")
    assert whole.place() == place and tables(whole) == before
    old_program.start()
    stops(old_program, "version 2")
    assert whole.place() == place

    # What it decided is told by its own notify; the newer programs go on from there.
    notify = whole.start("notify")
    whole.wait_notified(60)
    whole.bin = NEXT
    whole.start("apply", label="apply-next")
    whole.wait_applied(deadline=60)
    assert whole.sql("select version, record, sequence, receipt from orgcode.law") == [(2, len(old) + 1, counts[0] + 1, counts[1] + 1)]
    assert tables(whole, *counts) == tables(alone, *counts)
    assert verdicts(whole)[counts[1]:] == [("rejected", "FORM"), ("accepted", None), ("accepted", None), ("accepted", None), ("rejected", "FORM")], \
        "a long name; a short one; G12 and what was held for it; on its day the announced act is judged by the law of that day"
    stops(notify, "is of version 2 of the rules, and this program knows them up to version 1")
    assert len(whole.read("changes")) == counts[0] and len(whole.receipts()) == counts[1]
    whole.start("notify", label="notify-next")
    whole.wait_notified(60)
    check_events(whole, counts[0] + 1)

    # Rebuilt by the newer program, row for row and hash for hash; by the older one up to the record.
    assert whole.run("replay", "rebuild", "--into", "newer", "--batch-records", 2).returncode == 0
    verified = whole.run("replay", "verify", "--schema", "newer", "--against", "orgcode")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    whole.bin = None
    older = whole.run("replay", "rebuild", "--into", "older")
    assert older.returncode == 4 and "a control record asks for version 2" in older.stderr, older.stderr
    assert whole.sql("select sequence, data from older.change order by 1") == tables(alone, *counts)[0]

    # An older program does not take what a newer one has begun.
    whole["apply-next"].stop()
    whole.journal([whole.record_tick("2025-07-02T00:00")])
    stops(whole.start("apply", label="apply-back"), "the registry stands under version 2 of the rules")
    assert whole.place()["next_offset"] == len(old + control + new)

    # Another registry that reads all of it with the newer program, in other batches: the same.
    again = scripted_of(old, control, new)
    again.bin = NEXT
    again.start("apply", "--batch-records", 2)
    again.wait_applied(deadline=60)
    assert again.place() == whole.place() and tables(again) == tables(whole)


def test_the_record_is_written_by_the_operator(parts, scripted_of, make_registry):
    """`control version N`: what it would do, exactly that, and nothing that would be without effect."""
    old, _, _ = parts
    r = scripted_of(old)
    r.bin = NEXT
    r.start("apply")
    r.wait_applied(deadline=60)

    def control(*args, code=0):
        done = r.run("replay", "control", *args, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        return done.stderr if code else [json.loads(line) for line in done.stdout.splitlines()]
    end = r.journal_end()
    (plan,) = control("version", "2", "--dry-run")
    head = plan["plan"]["head"]
    assert plan["plan"]["version"] == 2 and r.journal_end() == end
    assert "nothing was changed" in control("live", "--at", head, code=1)  # another plan
    assert "is in force" in control("version", "1", code=1)
    assert "knows the versions 1 to 2" in control("version", "3", code=2)
    assert control("version", "2", "--at", head)[-1]["done"] == {"offset": end}
    r.wait_applied(deadline=60)
    assert r.place()["rules_version"] == 2 and "is in force" in control("version", "2", code=1)
    r.bin = None
    r.journal_acts(acts(r, ("H26.5",), LONG) + acts(r, ("H26.6",), SHORT), datetime.now(timezone.utc) + timedelta(minutes=1))
    r.wait_applied(deadline=60)
    assert verdicts(r)[-2:] == [("rejected", "FORM"), ("accepted", None)]  # by the law of version 2
    unborn, live = make_registry(mode="scripted", genesis=False), make_registry()
    live.start("apply")
    live.wait_applied(deadline=60)
    for registry, words, why in ((unborn, ("live",), "genesis record"), (live, ("live",), "is live already")):
        done = registry.run("replay", "control", *words)
        assert done.returncode == 1 and why in done.stderr, done.stderr
