"""What the ministry in charge and older adapters ask: acts, compliance, consolidation, coverage, the shared catalogue (schemas/contract.md C-36 to C-39)."""

import datetime
import re
import threading
from collections import defaultdict

from harness.directory import Directory
from harness.serve import Serve
from harness.stress import locked, make_small, rename
from harness.wait import SLOW, wait_until


def test_acts(sample):
    """C-36, against the receipts"""
    receipts = [r for r in sample.registry.receipts() if "actId" in r]
    chosen = {(r["authority"], r["actId"]): r for r in receipts if r["verdict"] in ("accepted", "announced", "rejected")}
    picked = sorted(chosen.items())[:: max(1, len(chosen) // 25)] + [x for x in chosen.items() if x[1]["verdict"] != "accepted"]
    events = defaultdict(list)
    for event in sample.serve.all_changes(limit=1000):
        events[event["data"]["actId"]].append(event["id"])
    for (authority, act_id), receipt in picked:
        act = sample.serve.ask(f"/v1/acts/{authority}/{act_id}")
        assert act["verdict"] == receipt["verdict"] and act.get("rule") == receipt.get("rule") and act["recordedTime"] == receipt["recordedAt"]
        if events[act_id]:
            assert act["sequences"] == {"first": events[act_id][0], "last": events[act_id][-1]}
        assert not {"faults", "warnings", "origin"} & set(act)
    sample.serve.problem("/v1/acts/H26/00000000-0000-4000-8000-000000000000", 404, "not-found")
    sample.serve.problem("/v1/acts/H26/none", 400, "parameter")
    (authority, act_id), _ = picked[0]
    sample.serve.problem(f"/v1/acts/{'G12' if authority != 'G12' else 'H26'}/{act_id}", 404, "not-found")


def reports(serve, name, **query):
    return {a["authority"]: a for a in serve.ask(f"/v1/{name}", **query)["authorities"]}


def median(values):
    return sorted(values)[(len(values) - 1) // 2] if values else None


def test_reports_by_brute_force(told, sample):
    """C-37, from the events and the records"""
    for serve in (told, sample.serve):
        directory, acts = Directory(serve), {}
        for event in serve.all_changes(limit=1000):
            acts.setdefault(event["data"]["actId"], event["data"])
        by_authority = defaultdict(list)
        for data in acts.values():
            by_authority[data["authority"]].append(data)
        compliance, sent = reports(serve, "compliance"), reports(serve, "consolidation")
        assert set(compliance) == set(sent) == set(by_authority)
        for authority, all_of in by_authority.items():
            row = compliance[authority]
            assert row["acts"] == sum(sent[authority]["byKind"].values()) == sent[authority]["acts"] == len(all_of), authority
            kinds = defaultdict(int)
            for data in all_of:
                kinds[data["kind"]] += 1
            assert sent[authority]["byKind"] == dict(kinds)
            assert sent[authority]["documents"] == row["withDecision"] == sum(1 for d in all_of if d.get("decision"))
            for what in ("decision", "entry"):
                late = [d["compliance"][what]["daysLate"] for d in all_of if what in (d.get("compliance") or {})]
                some = [n for n in late if n]
                assert row[what] == {"measured": len(late), "late": len(some), "medianDaysLate": median(some), "mostDaysLate": max(late, default=None)}, (authority, what)
        assert reports(serve, "compliance", authority="H26") == {"H26": compliance["H26"]}
        assert not reports(serve, "compliance", **{"from": "1990-01-01", "to": "1990-12-31"})
        serve.problem("/v1/compliance", 400, "parameter", authority="H26.18")
        levels = defaultdict(lambda: defaultdict(list))
        for code, record in directory.records.items():
            if record["scheme"] == "gov":
                levels[code.partition(".")[0]][record["level"]].append(record)
        covered = reports(serve, "coverage")
        assert set(covered) == set(levels)
        with_units = {r["parent"] for r in directory.records.values() if r["status"] == "open" and r.get("parent")}
        for authority, by_level in levels.items():
            assert covered[authority]["levels"] == [{
                "level": level, "open": sum(r["status"] == "open" for r in some), "closed": sum(r["status"] == "closed" for r in some),
                "firstIssuedOn": min(r["issuedOn"] for r in some), "lastIssuedOn": max(r["issuedOn"] for r in some),
                "withoutUnits": sum(r["status"] == "open" and r["code"] not in with_units for r in some)} for level, some in sorted(by_level.items())], authority
        assert reports(serve, "coverage", authority="H26") == {"H26": covered["H26"]}


def test_what_was_counted_is_kept(registry):
    """C-25, C-26, C-37: nothing is counted twice between two changes, and those who count leave room for the others."""
    small = make_small(registry)
    serve = Serve(small, "--workers", "2", "--statement-timeout", "10m")
    addresses = ("/v1/coverage", "/v1/coverage?authority=H26", "/v1/compliance", "/v1/consolidation")
    first = {a: serve.request("GET", a) for a in addresses}
    with locked(small), locked(small, "act"):  # nobody can count now
        for address, before in first.items():
            again = serve.request("GET", address)
            assert (again.status, again.body, again.headers["etag"]) == (200, before.body, before.headers["etag"])
            assert serve.request("GET", address, {"If-None-Match": before.headers["etag"]}).status == 304
    small.publish([rename(small, 1)], "--wait", check=True)
    head = small.place()["sequence"]
    for address in addresses:  # what took long to count may stand at an earlier change for a while, and says so
        wait_until(lambda: int(serve.request("GET", address).json()["asOf"]["id"][3:]) == head, 30, address)
    assert serve.ask("/v1/consolidation")["authorities"][0]["acts"] == 1 and serve.ask("/v1/compliance", authority="H26")["authorities"][0]["acts"] == 1

    answers = []
    with locked(small):
        threads = [threading.Thread(target=lambda a=a: answers.append(serve.request("GET", f"/v1/coverage?authority={a}"))) for a in ("G12", "H01", "H02", "H03")]
        for thread in threads:
            thread.start()
        waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%%split_part(code%%' and datname = current_database()"
        wait_until(lambda: small.value(waits) == 1, 30, "one of them counts")
        for _ in range(20):
            assert serve.get("/v1/schemes").status == 200 and small.value(waits) == 1
    for thread in threads:
        thread.join(60 * SLOW)
    assert [a.status for a in answers] == [200] * 4


def test_compliance_of_a_time(told):
    """C-37: from and to are days of recording, both included."""
    assert told.ask("/v1/compliance", **{"from": "2020-07-01", "to": "2020-07-02"})["authorities"][0]["acts"] == 2
    assert told.ask("/v1/compliance", **{"from": "2020-07-03", "to": "2020-07-03"})["authorities"][0]["acts"] == 1


def test_shared_catalogue(told, sample):
    """C-39"""
    for serve in (told, sample.serve):
        records = Directory(serve).records
        for level in (1, 2, 3, 4):
            key = f"MaDinhDanhCap{level}"
            rows = serve.ask(f"/dmdc/Category/qlvanbandieuhanhcap{level}")
            wanted = [r for _, r in sorted(records.items(), key=lambda x: x[0].encode()) if r["scheme"] == "gov" and r["status"] == "open"
                      and (r["level"] == level or level == 4 and r["level"] > 4)]
            assert len(rows) == len(wanted)
            fields = [f["name"] for f in serve.ask(f"/dmdc/Metadata/qlvanbandieuhanhcap{level}")]
            for row, record in zip(rows, wanted):
                info, decision = record["info"], record["lastDecision"] or {}
                day = decision.get("issuedOn")
                full = {key: info.get("legacyCode", record["code"]), "TenDonVi": info["name"], "DiaChi": info["address"], "Email": info.get("email"),
                        "SoDienThoai": info.get("phone"), "Fax": info.get("fax"), "Website": info.get("website"),
                        "QdBanHanhQdSuaDoi": decision.get("number"), "CoQuanBanHanhQd": decision.get("issuedBy"),
                        "NgayBanHanhQd": datetime.date.fromisoformat(day).strftime("%d/%m/%Y") if day else None}
                assert row == {k: v for k, v in full.items() if v is not None}
                assert set(full) == set(fields) and fields[0] == key
    rows, target = [], "/dmdc/Category/qlvanbandieuhanhcap2?limit=9"
    while target:
        page = sample.serve.get(target)
        rows += page.json()
        found = re.fullmatch(r'<(.+)>; rel="next"', page.headers.get("link", ""))
        target = found and found[1]
    assert rows == sample.serve.ask("/dmdc/Category/qlvanbandieuhanhcap2")
    for name in ("qlvanbandieuhanhcap0", "qlvanbandieuhanhcap5", "other"):
        sample.serve.problem(f"/dmdc/Category/{name}", 404, "not-found")
