"""orgcode-serve's look-up and search, clause by clause (schemas/contract.md C-25 to C-35)."""

import itertools
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from harness.directory import Directory, holds, key_of, searched
from harness.oracle import compare, journal_gen, second
from harness.random_journal import is_act, random_records
from harness.registry import millis
from harness.serve import Serve

QUERIES = Path(__file__).parent / "data/queries.tsv"


def tree_of(code, status, units, depth=6):
    """{unit: (the node that it hangs on, `under`)}, by brute force from the units of each code."""
    out, level = {}, [code]
    for _ in range(depth):
        found = {}
        for node in level:
            for unit, parent in units[node, status].items():
                found.setdefault(unit, []).append((parent != node, node, parent))
        level = []
        for unit, places in found.items():
            kept, node, parent = min(places)
            if unit not in out and unit != code:
                out[unit] = (node, parent if kept else None)
                level.append(unit)
    return out


def nodes_of(node):
    for unit in node.get("units", ()):
        yield unit["code"], (node["code"], unit.get("under"))
        yield from nodes_of(unit)


def check_everything(directory):
    """Authority, children, tree, succession of every code, both ways, against brute force."""
    serve, units = directory.serve, {}
    for code in directory.records:
        answer = serve.organization(code)
        assert answer["record"] == directory.records[code] and answer["authority"] == directory.authority(code), code
        for status in ("open", "closed", "all"):
            listed = serve.ask(f"/v1/organizations/{quote(code)}/children", status=status, limit=1000)["children"]
            units[code, status] = directory.children(code, status)
            assert {key_of(c["record"]): c.get("under", code) for c in listed} == units[code, status], (code, status)
            for child in listed:
                assert child["hasUnits"] == any(r.get("parent") == child["record"]["code"] and r["status"] == "open"
                                                for r in directory.records.values()), child
    for code, status in units:
        if units[code, status]:
            shown = list(nodes_of(serve.ask(f"/v1/organizations/{quote(code)}/tree", status=status, depth=6)["tree"]))
            assert len(shown) == len(dict(shown)) and dict(shown) == tree_of(code, status, units), (code, status)
    for direction in ("forward", "back"):
        many = serve.request("POST", "/v1/resolve", {"Content-Type": "application/json"},
                             json.dumps({"codes": list(directory.records), "direction": direction}))
        assert many.status == 200
        for code, one in zip(directory.records, many.json()["results"]):
            ends, walked, aside = directory.resolve(code, direction == "back")
            assert {t["code"] for t in one["terminal"]} == ends, (direction, one)
            assert {(e["from"], e["to"], e["on"], e["continues"]) for e in one["edges"]} == walked, (direction, one)
            if direction == "forward":
                assert {(e["from"], e["to"], e["on"], e["continues"]) for e in one["alsoBecame"]} == aside, one
            assert one["paths"] and all(p[0] == code for p in one["paths"]), one
            alone = serve.ask(f"/v1/resolve/{quote(code)}", direction=direction)
            alone.pop("asOf")
            assert alone == one


def test_everything_by_brute_force(told):
    """C-29, C-32, C-33, C-34 over chains, mergers, splits, spin-offs, a body that came back, units kept."""
    check_everything(Directory(told))


def test_the_sample_by_brute_force(sample):
    directory = Directory(sample.serve)
    expected = json.loads((Path(__file__).resolve().parents[2] / "schemas/samples/expected.json").read_text())
    assert len(directory.records) == expected["codes"]["granted"]
    assert sorted(c for c, r in directory.records.items() if r["status"] == "closed") == expected["closed"]
    check_everything(directory)


def test_as_of(told, sample):
    """C-25"""
    for serve in (told, sample.serve):
        head = serve.get("/v1/changes").headers["feed-head"]
        recorded = serve.get("/readyz").json()
        assert recorded["id"] == head
        for path in ("/v1/organizations/H26", "/v1/organizations?q=h", "/v1/organizations/H26/history", "/v1/organizations/H26/children",
                     "/v1/organizations/H26/tree", "/v1/resolve/H26", "/v1/schemes", "/v1/compliance", "/v1/consolidation", "/v1/coverage"):
            assert serve.ask(path)["asOf"] == {"id": head, "recordedTime": recorded["recordedTime"]}, path


def test_a_record_is_the_same_at_every_door(sample):
    """C-25, C-9: look-up, list, history, feed, Kafka."""
    state = {m.key.decode(): json.loads(m.value) for m in sample.registry.read("state")}
    latest = {e["subject"]: e["data"]["record"] for e in sample.serve.all_changes(limit=1000)}
    for code, record in Directory(sample.serve).records.items():
        assert record == state[code] == latest[code], code
    history = sample.serve.ask("/v1/organizations/H26/history")["versions"]
    assert history[-1]["record"] == state["H26"]


# ---- both time axes ---------------------------------------------------------------------------------------------------

def test_both_axes_told(told):
    """C-29, C-31: what a late entry, a correction and an annulment did, by day and by what was known."""
    def shown(code, **query):
        record = told.organization(code, **query)["record"]
        return record["info"]["name"], record["info"].get("phone"), record["info"].get("email")
    plain, june, late = "Đơn vị H26.02", "Tên tháng sáu", "a@example.invalid"
    for valid, known, wanted in (
            ("2020-03-01", None, (plain, None, None)), ("2020-04-15", None, (plain, None, late)), ("2020-05-15", None, (plain, "2", late)),
            ("2020-06-15", None, (june, "2", late)), ("2020-04-15", "2020-06-30", (plain, None, None)),
            ("2020-06-15", "2020-05-31", (plain, "1", None)), ("2020-06-15", "2020-06-02", (june, "1", None)),
            ("2020-06-15", "2020-07-01", (june, "1", late)), ("2020-06-15", "2020-07-02T07:59:59+07:00", (june, "1", late)),
            ("2020-06-15", "2020-07-02T08:00:00+07:00", (june, "2", late))):
        assert shown("H26.02", validAt=valid, **({"knownAt": known} if known else {})) == wanted, (valid, known)
    assert shown("H26.03", validAt="2020-06-15", knownAt="2020-06-10")[0] == "Tên nhầm"
    assert shown("H26.03", validAt="2020-06-15")[0] == "Đơn vị H26.03"
    for query in ({"validAt": "2020-01-31"}, {"knownAt": "2020-02-01"}, {"validAt": "2020-03-01", "knownAt": "2020-02-01"}):
        assert told.problem("/v1/organizations/H26.02", 404, "not-yet", **query)["value"] == "H26.02"
    assert told.organization("H26.10", validAt="2020-12-31")["record"]["status"] == "open"
    assert told.organization("H26.10", validAt="2021-01-01")["record"]["status"] == "closed"
    for query in ({"validAt": "2020-13-01"}, {"knownAt": "yesterday"}):
        told.problem("/v1/organizations/H26.02", 400, "parameter", **query)


def test_history_told(told):
    """C-31"""
    versions = told.ask("/v1/organizations/H26.02/history")["versions"]
    assert [(v["kind"], v["validFrom"], v["restated"]) for v in versions] == [
        ("established", "2020-02-01", False), ("contact_updated", "2020-05-01", False), ("renamed", "2020-06-01", False),
        ("contact_updated", "2020-04-01", False), ("contact_updated", "2020-05-01", True), ("contact_updated", "2020-06-01", True),
        ("corrected", "2020-05-01", False), ("corrected", "2020-06-01", True)]
    events = {e["id"]: e for e in told.all_changes()}
    for v in versions:
        event = events[v["id"]]
        assert (v["actId"], v["authority"], v["recordedTime"]) == (event["data"]["actId"], event["data"]["authority"], event["recordedtime"])
        assert event["type"] == v["type"] and event["subject"] == "H26.02"
    for limit in (1, 2, 3, 7, 8):  # several rows of one change, over page ends
        out, cursor = [], {}
        while True:
            page = told.ask("/v1/organizations/H26.02/history", limit=limit, **cursor)
            assert len(page["versions"]) <= limit
            out += page["versions"]
            if "next" not in page:
                break
            cursor = {"cursor": page["next"]}
        assert out == versions, limit


def model_of(drawn):
    """The second model fed with the journal as random_records makes it real."""
    model = second.Model()
    for record in drawn:
        record = dict(record)
        if "origin" in record and not is_act(record):
            record.update(kind="refusal", refusal=record.get("refusal") or {"reason": "form-unreadable"})
            record.pop("act", None)
        if record.get("live"):
            record["kind"] = "tick"
        model.feed(record)
    return model


@pytest.mark.parametrize("seed", [41, 42])
def test_both_axes_against_the_second_model(make_registry, seed):
    """C-29, C-31: each code on each day on which anything began, as known after each change; late entries, corrections, annulments."""
    registry = make_registry(mode="scripted", genesis=False)
    registry.journal(random_records(registry, seed, 220))
    registry.start("apply", "--batch-records", "7")
    registry.wait_applied()
    serve = Serve(registry)
    end = model_of(journal_gen.journal(seed, 220)).end()
    recorded = {int(e["sequence"]): e["recordedtime"] for e in serve.all_changes(limit=1000)}
    moments = sorted(set(recorded.values()), key=millis)
    asked = 0
    for code, history in end["history"].items():
        if code not in end["codes"]:
            continue
        days = sorted({day for _, steps in history for day, _ in steps})
        known = sorted({recorded[s] for s, _ in history}, key=millis)
        for day, moment in itertools.product(days[-6:], known[-6:] or moments[-1:]):
            last = max((s for s, t in recorded.items() if millis(t) <= millis(moment)), default=0)
            steps = next((steps for s, steps in reversed(history) if s <= last), [])
            wanted = next((record for d, record in reversed(steps) if d <= day), None)
            got = serve.get(f"/v1/organizations/{quote(code)}", validAt=day, knownAt=moment)
            asked += 1
            if wanted is None:
                assert got.status == 404, (code, day, moment, got.text)
            else:
                assert got.status == 200, (code, day, moment, got.text)
                assert compare.record_form(got.json()["record"]) == compare.record_form(wanted), (code, day, moment)
    assert asked > 50
    check_random(serve, end)


def check_random(serve, end):
    directory = Directory(serve)
    assert set(directory.records) == set(end["codes"])
    for code, ours in end["codes"].items():
        assert compare.record_form(directory.records[code]) == compare.record_form(ours)


# ---- what is not found -------------------------------------------------------------------------------------------------

def test_never_issued_announced_and_legacy(told):
    """C-30"""
    problem = told.problem("/v1/organizations/H26.99", 404, "never-issued")
    assert problem["announced"] == [] and problem["value"] == "H26.99"
    problem = told.problem("/v1/organizations/H26.90", 404, "never-issued")
    (coming,) = problem["announced"]
    assert (coming["kind"], coming["effectiveOn"], coming["authority"], coming["codes"]) == ("established", "2031-01-01", "H26", ["H26.90"])
    for path in ("history", "children", "tree"):
        assert told.problem(f"/v1/organizations/H26.90/{path}", 404, "never-issued")["announced"] == [coming]
    assert told.problem("/v1/resolve/H26.90", 404, "never-issued")["announced"] == [coming]
    legacy = told.organization("000.00.70.H26")
    assert (legacy["record"]["code"], legacy["legacyCode"], legacy["supersededSince"]) == ("H26.70", "000.00.70.H26", "2020-02-01")
    told.problem("/v1/organizations/000.00.71.H26", 404, "never-issued")  # its bearer is closed
    assert "legacyCode" not in told.organization("H26.70")
    resolved = told.ask("/v1/resolve/000.00.70.H26")
    assert (resolved["status"], resolved["names"], resolved["code"]) == ("open", "H26.70", "000.00.70.H26")


def test_other_schemes(told):
    """C-30, C-38, and enterprises by their number"""
    assert told.organization("dang:D12") == told.organization("D12", scheme="dang")
    assert told.organization("D12", scheme="dang")["record"]["scheme"] == "dang"
    told.problem("/v1/organizations/D12", 404, "never-issued")
    enterprise = told.organization("0199000017")
    assert enterprise["record"]["scheme"] == "enterprise" and enterprise["authority"] == "G12"
    assert told.ask("/v1/resolve/0199000017")["status"] == "open"
    assert told.organization("0199000017", scheme="enterprise") == enterprise
    schemes = told.ask("/v1/schemes")["schemes"]
    assert [s["scheme"] for s in schemes] == sorted(s["scheme"] for s in schemes) and "dang" in [s["scheme"] for s in schemes]
    dang = next(s for s in schemes if s["scheme"] == "dang")
    assert {k: v for k, v in told.ask("/v1/schemes/dang").items() if k != "asOf"} == dang
    assert next(e for e in told.all_changes() if e["subject"] == "scheme:dang")["data"]["record"] == dang
    told.problem("/v1/schemes/none", 404, "not-found")


def test_authority(told):
    """C-29: nobody where the level-1 code ended in several; the heir where in one."""
    assert told.organization("H32")["authority"] is None and told.organization("H32.01")["authority"] is None
    assert told.organization("H22")["authority"] == told.organization("H22.90.01")["authority"] == "H60"
    assert told.organization("H22")["record"]["successors"] == [{"code": "H60", "continues": False, "on": "2021-09-01"}]


# ---- units, succession -------------------------------------------------------------------------------------------------

def test_tree(told):
    """C-32"""
    tree = told.ask("/v1/organizations/H60/tree", depth=6)
    assert tree["cut"] is False
    assert tree["tree"]["units"][0] == {
        "code": "H22.90", "hasUnits": True, "level": 2, "name": "Đơn vị H22.90", "status": "open", "under": "H22",
        "units": [{"code": "H22.90.01", "hasUnits": False, "level": 3, "name": "Đơn vị H22.90.01", "status": "open"}]}
    assert [u["code"] for u in tree["tree"]["units"]] == ["H22.90", "H60.05"]
    shallow = told.ask("/v1/organizations/H60/tree", depth=1)["tree"]["units"][0]
    assert shallow["hasUnits"] and "units" not in shallow
    for query in ("depth=0", "depth=7", "status=none"):
        told.problem(f"/v1/organizations/H60/tree?{query}", 400, "parameter")
    kept = told.ask("/v1/organizations/H26/tree", status="all")["tree"]["units"]  # H26.40 and its heir H26.42 are both there
    assert [(u["code"], u["units"]) for u in kept if u["code"][:5] == "H26.4" and "units" in u] == [
        ("H26.40", [{"code": "H26.40.01", "hasUnits": False, "level": 3, "name": "Đơn vị H26.40.01", "status": "closed"}])]
    closed = told.ask("/v1/organizations/H26/tree", status="closed", depth=1)["tree"]["units"]
    assert "H26.10" in [u["code"] for u in closed] and all(u["status"] == "closed" for u in closed)


def test_children_by_pages(sample):
    """C-28, C-32"""
    whole = sample.serve.ask("/v1/organizations/H26/children", limit=1000)["children"]
    assert len(whole) > 100
    out, cursor = [], {}
    while True:
        page = sample.serve.ask("/v1/organizations/H26/children", limit=7, **cursor)
        out += page["children"]
        if "next" not in page:
            break
        cursor = {"cursor": page["next"]}
    assert out == whole


def test_resolve_told(told):
    """C-33: the cases by name, with their paths."""
    def paths(code, direction="forward"):
        return told.ask(f"/v1/resolve/{code}", direction=direction)["paths"]
    assert paths("H26.10") == [["H26.10", "H26.11", "H26.12"]]
    assert paths("H26.21") == [["H26.21", "H26.20", "H26.23"], ["H26.21", "H26.20", "H26.24"]]
    assert paths("H26.51") == [["H26.51"]]
    ended = told.ask("/v1/resolve/H26.51")
    assert ended["terminal"] == [{"code": "H26.51", "name": "Đơn vị H26.51", "status": "closed"}] and ended["status"] == "closed"
    open_one = told.ask("/v1/resolve/H26.30")
    assert open_one["paths"] == [["H26.30"]] and open_one["edges"] == []
    assert open_one["alsoBecame"] == [{"continues": False, "from": "H26.30", "on": "2021-05-01", "to": "H26.31"}]
    back = told.ask("/v1/resolve/H26.30", direction="back")  # H26.30 <- H26.31 <- H26.30
    assert back["direction"] == "back" and "alsoBecame" not in back and back["terminal"] == []
    assert {(e["from"], e["to"]) for e in back["edges"]} == {("H26.30", "H26.31"), ("H26.31", "H26.30")}
    assert back["paths"] == [["H26.30", "H26.31"]]
    assert sorted(paths("H26.24", "back")) == [["H26.24", "H26.20", "H26.21"], ["H26.24", "H26.20", "H26.22"]]
    told.problem("/v1/resolve/H26", 400, "parameter", direction="sideways")


def post(serve, value, **headers):
    return serve.request("POST", "/v1/resolve", {"Content-Type": "application/json", **headers}, value if isinstance(value, (str, bytes)) else json.dumps(value))


def test_resolve_many(told, sample):
    """C-34"""
    asked = ["H26.21", "000.00.70.H26", "0199000017", "H26.99", "H26.21", "dang:D12"]
    results = post(told, {"codes": asked}).json()["results"]
    assert [r["code"] for r in results] == asked and results[0] == results[4]
    assert [r["status"] for r in results] == ["closed", "open", "open", "never-issued", "closed", "open"]
    assert set(results[3]) == {"code", "direction", "status"}
    codes = list(Directory(sample.serve).records)
    many = list(itertools.islice(itertools.cycle(codes), 10000))
    answer = post(sample.serve, {"codes": many, "direction": "back"})
    assert answer.status == 200 and [r["code"] for r in answer.json()["results"]] == many
    for wrong in ({"codes": many + ["H26"]}, {"codes": []}, {"codes": [1]}, {"codes": "H26"}, {}, [], "{", {"codes": ["H26" * 30]},
                  '{"codes":["H26"],"codes":["H01"]}', {"codes": ["H26"], "direction": 1}):
        answer = post(told, wrong)
        assert answer.status == 400 and answer.json()["type"] == "urn:orgcode:problem:body", (str(wrong)[:60], answer.text)
    assert post(told, {"codes": ["H26"], "direction": "sideways"}).json()["type"] == "urn:orgcode:problem:parameter"


# ---- search ------------------------------------------------------------------------------------------------------------

def test_golden_queries(sample):
    """C-35"""
    lines = [line.split("\t") for line in QUERIES.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) >= 30
    wrong = []
    for question, expected in lines:
        found = sample.serve.ask("/v1/organizations", q=question)
        first = found["organizations"][0]["code"] if found["organizations"] else None
        if first != expected or found["near"]:
            wrong.append((question, expected, first, found["near"]))
    assert not wrong


def test_every_word_counts(sample):
    """C-35: the twelfth as the first."""
    serve, record = sample.serve, next(r for r in Directory(sample.serve).records.values() if len(r["info"]["name"].split()) >= 4)
    words = (record["info"]["name"].split() * 12)[:11]
    whole = serve.ask("/v1/organizations", q=" ".join([*words, record["code"]]))
    assert not whole["near"] and record["code"] in [r["code"] for r in whole["organizations"]]
    wrong = serve.ask("/v1/organizations", q=" ".join([*words, "xxxxxx"]))
    assert wrong["near"] or not wrong["organizations"]


def test_search_near_and_filters(sample):
    """C-35"""
    serve, records, hits = sample.serve, Directory(sample.serve).records, 0
    near = serve.ask("/v1/organizations", q="bo tai chnih")
    assert near["near"] and near["organizations"][0]["code"] == "G12"
    assert not serve.ask("/v1/organizations", q="zzzzqqqq")["organizations"]
    assert all(r["code"].startswith("H01") for r in serve.ask("/v1/organizations", q="bo tai chnih", authority="H01")["organizations"])
    for query, fits in (
            ({"authority": "H26"}, lambda r: r["code"].partition(".")[0] == "H26"), ({"parent": "H22.90"}, lambda r: r.get("parent") == "H22.90"),
            ({"level": 1}, lambda r: r.get("level") == 1), ({"status": "closed"}, lambda r: r["status"] == "closed"),
            ({"scheme": "enterprise"}, lambda r: r["scheme"] == "enterprise"), ({"authority": "H60", "status": "open"}, lambda r: r["code"].partition(".")[0] == "H60" and r["status"] == "open")):
        for limit, more in ((200, {}), (3, {}), (5, {"q": "nhan dan"}), (5, {"q": "dan nh"})):
            words = more.get("q", "").split()
            wanted = {c for c, r in records.items() if fits(r) and holds(searched(r), words)}
            out, cursor = [], {}
            while True:
                page = serve.ask("/v1/organizations", limit=limit, **query, **more, **cursor)
                out += [r["code"] for r in page["organizations"]]
                assert page["near"] == (not wanted), (query, more)
                if page["near"]:
                    out = []
                if "next" not in page:
                    break
                cursor = {"cursor": page["next"]}
            assert len(out) == len(set(out)) and set(out) == wanted, (query, more)
            hits += len(wanted) if more else 0
    assert hits
    for query in ("level=0", "status=x", "limit=201", "q=" + "x" * 201):
        serve.problem(f"/v1/organizations?{query}", 400, "parameter")
