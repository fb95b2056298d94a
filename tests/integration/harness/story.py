"""A small registry with every kind of succession, its journal written by hand: both time axes are the test's."""

from .serve import Serve
from .wait import wait_until


def info(code, **more):
    return {"name": f"Đơn vị {code}", "address": "Địa chỉ minh họa", **more}


def story(r):
    """Acts by the time at which they are recorded, in order: [(time, [acts])]."""
    def act(kind, body, authority="H26", on="2020-02-01", **more):
        return r.act(kind, body, authority, on, **more)

    def born(code, authority="H26", on="2020-02-01", **more):
        return act("established", {"code": code, "info": info(code, **more)}, authority, on)
    level1 = [born(code, "ROOT") for code in ("H26", "H22", "H60", "H32", "G05", "G12")]
    units = [born(f"H26.{n}") for n in ("10", "20", "21", "22", "30", "40", "41", "50", "51", "02", "03")]
    units += [born("H26.40.01"), born("H26.70", legacyCode="000.00.70.H26"), born("H26.71", legacyCode="000.00.71.H26"), born("H60.05", "H60"),
              born("H22.90", "H22"), born("H22.90.01", "H22"), born("H32.01", "H32")]
    enterprise = act("established", {"code": "0199000017", "info": info("0199000017", type="enterprise")}, "G05", "2020-02-01",
                     scheme="enterprise", decision=False)
    wrong = act("contact_updated", {"code": "H26.02", "set": {"phone": "1"}}, on="2020-05-01", decision=False)
    renamed = act("renamed", {"code": "H26.03", "name": "Tên nhầm"}, on="2020-06-01")
    return [
        ("2020-02-01T08:00", level1),
        ("2020-02-02T08:00", [*units, enterprise]),
        ("2020-05-02T08:00", [wrong]),
        ("2020-06-02T08:00", [renamed, act("renamed", {"code": "H26.02", "name": "Tên tháng sáu"}, on="2020-06-01")]),
        # late: it changes the past, and what follows is restated
        ("2020-07-01T08:00", [act("contact_updated", {"code": "H26.02", "set": {"email": "a@example.invalid"}}, on="2020-04-01",
                                  decision=False)]),
        ("2020-07-02T08:00", [act("corrected", {"corrects": wrong["actId"], "code": "H26.02", "set": {"phone": "2"}}, on="2020-07-02")]),
        ("2020-07-03T08:00", [act("annulled", {"annuls": renamed["actId"], "reason": "entryError"}, on="2020-07-03")]),
        ("2021-01-01T08:00", [act("recoded", {"cause": "renumbering", "codes": [{"from": "H26.10", "to": "H26.11"}]}, on="2021-01-01")]),
        ("2021-02-01T08:00", [act("recoded", {"cause": "renumbering", "codes": [{"from": "H26.11", "to": "H26.12"}]}, on="2021-02-01")]),
        ("2021-03-01T08:00", [act("merged", {"sources": ["H26.20", "H26.21", "H26.22"], "into": {"code": "H26.20"}}, on="2021-03-01")]),
        ("2021-04-01T08:00", [act("split", {"source": "H26.20", "continues": False, "results": [
            {"code": "H26.23", "info": info("H26.23")}, {"code": "H26.24", "info": info("H26.24")}]}, on="2021-04-01")]),
        ("2021-05-01T08:00", [act("split", {"source": "H26.30", "continues": True, "results": [
            {"code": "H26.31", "info": info("H26.31")}]}, on="2021-05-01")]),
        # the spin-off comes back
        ("2021-06-01T08:00", [act("merged", {"sources": ["H26.31"], "into": {"code": "H26.30"}}, on="2021-06-01")]),
        ("2021-06-02T08:00", [act("closed", {"code": "H26.40.01"}, on="2021-06-02")]),
        ("2021-07-01T08:00", [act("merged", {"sources": ["H26.40", "H26.41"], "into": {"code": "H26.42", "info": info("H26.42")}},
                                  on="2021-07-01")]),
        ("2021-08-01T08:00", [act("dissolved", {"code": "H26.50", "successors": ["H26.12", "H60.05"]}, on="2021-08-01"),
                              act("closed", {"code": "H26.51"}, on="2021-08-01"),
                              act("closed", {"code": "H26.71"}, on="2021-08-01")]),
        ("2021-09-01T08:00", [act("merged", {"sources": ["H22"], "into": {"code": "H60"}, "units": "keep"}, "ROOT", "2021-09-01"),
                              act("merged", {"sources": ["G05"], "into": {"code": "G12"}, "units": "keep"}, "ROOT", "2021-09-01")]),
        ("2021-09-30T08:00", [act("closed", {"code": "H32.01"}, "H32", "2021-09-30")]),
        ("2021-10-01T08:00", [act("split", {"source": "H32", "continues": False, "results": [
            {"code": "H33", "info": info("H33")}, {"code": "H34", "info": info("H34")}]}, "ROOT", "2021-10-01")]),
        ("2021-11-01T08:00", [act("established", {"code": "H26.90", "info": info("H26.90")}, on="2031-01-01",
                                  decision={"number": "9", "issuedBy": "minh họa", "issuedOn": "2021-10-30"}),
                              act("scheme_registered", {"scheme": "dang", "issuer": "H26", "description": "minh họa",
                                                        "grammar": [{"literal": "D"}, {"class": "0-9", "min": 1, "max": 4}]}, "ROOT", "2021-11-01")]),
        ("2021-11-02T08:00", [act("established", {"code": "D12", "info": info("D12")}, on="2021-11-02", scheme="dang")]),
    ]


def play(r):
    """Into a scripted registry, and applied; AssertionError when an act is refused."""
    steps = story(r)
    acts = [a for _, some in steps for a in some]
    framed = iter(zip((a["authority"] for a in acts), r.frames(acts)))  # the publisher is asked once
    r.journal([record for at, some in steps for record in r.record_acts([next(framed) for _ in some], at)])
    r.start("apply")
    r.wait_applied()
    refused = r.sql("select data from orgcode.receipt where data::json ->> 'verdict' not in ('accepted', 'announced', 'annulled')")
    assert not refused, refused
    return acts


def serve_story(r):
    """The same behind orgcode-serve, and indexed."""
    play(r)
    serve = Serve(r, "--index")
    wait_until(lambda: r.value("select sequence from orgcode_ops.entry_place") == r.place()["sequence"], 30, "indexed")
    return serve
