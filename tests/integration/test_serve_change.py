"""orgcode-serve's look-up while the directory changes (schemas/contract.md C-28, C-35)."""

import itertools
import re

from harness.serve import Serve
from harness.wait import wait_until

ID = re.compile(r"\d{2}-\d{20}")


def test_pages_while_changes_arrive(registry):
    """C-28: what was there all the time is on the pages once: the list, a search, the units, the history of one code, the catalogue."""
    registry.start_all()
    registry.publish([registry.established("H26", "ROOT")], "--wait", check=True)
    first = [registry.established(f"H26.{n:02}") for n in range(10, 60)]
    registry.publish(first, "--wait", check=True)
    registry.publish([registry.act("contact_updated", {"code": "H26.10", "set": {"phone": str(n)}}, decision=False) for n in range(20)], "--wait", check=True)
    registry.wait_all()
    serve = Serve(registry, "--index")
    wait_until(lambda: registry.value("select sequence from orgcode_ops.entry_place") == registry.place()["sequence"], 30, "the index")
    there = {a["body"]["code"] for a in first}
    word = first[0]["body"]["info"]["name"].split()[0]
    doors = {
        "list": ("/v1/organizations", {}, lambda page: [r["code"] for r in page["organizations"]], {"H26", *there}),
        "search": ("/v1/organizations", {"q": word}, lambda page: [r["code"] for r in page["organizations"]], there),
        "units": ("/v1/organizations/H26/children", {"status": "all"}, lambda page: [c["record"]["code"] for c in page["children"]], there),
        "history": ("/v1/organizations/H26.10/history", {}, lambda page: [(v["id"], v["validFrom"]) for v in page["versions"]], None)}
    whole = serve.ask("/v1/organizations/H26.10/history")["versions"]
    doors["history"] = (*doors["history"][:3], {(v["id"], v["validFrom"]) for v in whole})
    seen, cursors, rows, link = {name: [] for name in doors}, {name: {} for name in doors}, [], "/dmdc/Category/qlvanbandieuhanhcap2?limit=5"
    for number in itertools.count(100):
        for name, (path, query, taken, _) in doors.items():
            if cursors[name] is not None:
                page = serve.ask(path, limit=5, **query, **cursors[name])
                seen[name] += taken(page)
                cursors[name] = {"cursor": page["next"]} if "next" in page else None
        if link:
            page = serve.get(link)
            rows += [row["MaDinhDanhCap2"] for row in page.json()]
            link = page.headers["link"][1:].partition(">")[0] if "link" in page.headers else None
            assert ID.fullmatch(page.headers["feed-next"])
        if not link and not any(c is not None for c in cursors.values()):
            break
        if number < 106:  # before and behind the place, and some of those that are there change
            registry.publish([registry.established(f"H26.{number - 100:02}"), registry.established(f"H26.{number}"), *(registry.act(
                "contact_updated", {"code": code, "set": {"phone": str(number)}}, decision=False) for code in (f"H26.{number - 60}", "H26.10"))], "--wait", check=True)
    seen["dmdc"], doors["dmdc"] = rows, (None, None, None, there)
    for name, (_, _, _, wanted) in doors.items():
        assert len(seen[name]) == len(set(seen[name])) and wanted <= set(seen[name]), (name, wanted - set(seen[name]))


def test_the_index_says_how_far_it_has_come(registry):
    """C-35: a copy without --index, before another one has made the index, and when that one has ended."""
    registry.start_all()
    registry.publish([registry.established("H26", "ROOT")], "--wait", check=True)
    serve = Serve(registry)
    assert serve.problem("/v1/organizations", 503, "index", q="H26")
    assert [r["code"] for r in serve.ask("/v1/organizations", authority="H26")["organizations"]] == ["H26"]
    keeper = Serve(registry, "--index", label="keeper")
    wait_until(lambda: serve.get("/v1/organizations", q="H26").status == 200, 30, "an index")
    found = serve.ask("/v1/organizations", q="H26")
    assert [r["code"] for r in found["organizations"]] == ["H26"] and "indexedTo" not in found
    keeper.program.stop()
    registry.publish([registry.established("H26.01")], "--wait", check=True)
    late = serve.ask("/v1/organizations", q="H26.01")
    assert late["indexedTo"] == found["asOf"]["id"] < late["asOf"]["id"]
