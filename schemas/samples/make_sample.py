#!/usr/bin/env python3
"""Writes the sample acts (JSON lines) and expected.json from the facts in data/.

Plain Python 3, no packages. Same facts, same bytes: `make_sample.py --check` says whether the committed files
are what it would write. What the facts lack (addresses, decisions, dates, whole bodies) is made up here and
says so in its text: "minh họa".
"""
import csv
import json
import os
import sys
import uuid
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:orgcode:sample")
MADE_UP = "minh họa"
CITY_OF = {}  # level-1 code -> words for an address

DECISION_2020 = {"number": "20/2020/QĐ-TTg", "issuedBy": "Thủ tướng Chính phủ", "issuedOn": "2020-07-22"}
DECISION_MERGER = {"number": "202/2025/QH15", "issuedBy": "Quốc hội", "issuedOn": "2025-06-12",
                   "title": "Nghị quyết về việc sắp xếp đơn vị hành chính cấp tỉnh"}
CHANGE = "vn.gov.orgcode."


def read(name):
    with open(os.path.join(HERE, "data", name), encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def act_id(name):
    return str(uuid.uuid5(SPACE, name))


def made_up_decision(number, issued_by, issued_on):
    return {"number": f"{number} ({MADE_UP})", "issuedBy": issued_by, "issuedOn": issued_on}


def act(name, authority, kind, effective_on, body, decision=None, **more):
    out = {"actId": act_id(name), "authority": authority, "kind": kind}
    out.update({k: v for k, v in more.items() if k in ("scheme", "happenedOn")})
    out["effectiveOn"] = effective_on
    if decision:
        out["decision"] = decision
    if "note" in more:
        out["note"] = more["note"]
    out["body"] = body
    return out


def address(where):
    return f"Địa chỉ {MADE_UP}, {where}"


class Plan:
    """Acts in order of publication, and what the registry will make of them, told by hand for each act."""

    def __init__(self):
        self.files = {}
        self.changes = Counter()
        self.closed = []
        self.codes = []

    def add(self, file, act, changes, grants=(), closes=()):
        self.files.setdefault(file, []).append(act)
        for kind, count in changes.items():
            self.changes[f"{CHANGE}{kind}.v1"] += count
        self.codes += grants
        self.closed += closes


def level1(plan, rows):
    file = "01-root-established.jsonl"
    seen = set()
    for row in rows:
        code = row["code"]
        if code in seen:
            continue  # the second row of a renamed body
        seen.add(code)
        where = row["name_vi"].replace("Ủy ban nhân dân ", "").replace("Hội đồng nhân dân ", "")
        CITY_OF[code] = "Hà Nội" if code[0] == "G" else where
        info = {"name": row["name_vi"], "nameEn": row["name_en"], "type": row["kind"], "address": address(CITY_OF[code])}
        plan.add(file, act(f"level1 {code}", "ROOT", "established", "2020-09-15", {"code": code, "info": info},
                           DECISION_2020), {"organization.established": 1}, grants=[code])


def lower(plan, rows):
    file = "02-lower.jsonl"
    since = {"commune": "2025-07-01", "commune_unit": "2025-07-01", "agency": "2025-03-01", "central_unit": "2021-01-01"}
    for row in rows:
        code, authority, day = row["code"], row["code"][:3], since[row["unit_kind"]]
        info = {"name": row["name_vi"], "type": row["unit_kind"], "address": address(CITY_OF[authority])}
        decision = made_up_decision(f"{day[:4]}/QĐ-{authority}", CITY_OF[authority] + f" ({MADE_UP})", day)
        plan.add(file, act(f"lower {code}", authority, "established", day, {"code": code, "info": info}, decision,
                           note=f"ngày và quyết định {MADE_UP}"), {"organization.established": 1}, grants=[code])


TREE = [("H22.90", "Sở Minh họa tỉnh Hà Giang"), ("H22.90.01", "Phòng Minh họa Thứ nhất"),
        ("H22.90.01.1", "Tổ Minh họa"), ("H22.90.02", "Phòng Minh họa Thứ hai"),
        ("H22.91", "Ban Quản lý Minh họa tỉnh Hà Giang"), ("H22.91.01", "Trung tâm Minh họa")]


def registration(nine):
    """The nine digits with their check digit; None where they have none."""
    digit = 10 - sum(w * int(d) for w, d in zip((31, 29, 23, 19, 17, 13, 7, 5, 3), nine)) % 11
    return None if digit == 10 else nine + str(digit)


def enterprises():
    """Four made-up registration numbers."""
    found, serial = [], 9900001
    while len(found) < 4:
        number = registration(f"01{serial}")
        if number:
            found.append(number)
        serial += 1
    return found


def firm(name, kind, where="Hà Nội"):
    return {"name": f"{name} ({MADE_UP})", "type": kind, "address": address(where)}


def before_2025(plan):
    """Acts of accounts that end in the next file: they can be published only now."""
    file = "03-before-the-mergers.jsonl"
    for code, name in TREE:
        decision = made_up_decision("15/QĐ-UBND", "UBND tỉnh Hà Giang", "2022-01-04")
        info = {"name": f"{name} ({MADE_UP})", "type": "agency", "address": address(CITY_OF["H22"])}
        plan.add(file, act(f"tree {code}", "H22", "established", "2022-01-04", {"code": code, "info": info}, decision),
                 {"organization.established": 1}, grants=[code])
    first = enterprises()[0]
    plan.add(file, act("firm 0", "G05", "established", "2023-05-10",
                       {"code": first, "info": firm("Công ty TNHH Minh họa Một", "enterprise")}, scheme="enterprise"),
             {"organization.established": 1}, grants=[first])


# Ministries and agencies whose last valid day is 13 April 2025, and where their work went, as publicly known.
CENTRAL = [("G04", "G17"), ("G07", "G09"), ("G13", "G10"), ("G14", "G06"), ("G24", "G12")]


def root_2025(plan, rows, mergers):
    file = "04-root-2025.jsonl"
    for row in rows:
        if row["valid_from"] == "2020-09-15":
            continue
        code, day = row["code"], row["valid_from"]
        decision = made_up_decision(f"{code}/QĐ-TTg", "Thủ tướng Chính phủ", "2024-12-20" if day < "2025-02" else "2025-04-01")
        plan.add(file, act(f"renamed {code}", "ROOT", "renamed", day,
                           {"code": code, "name": row["name_vi"], "nameEn": row["name_en"]}, decision,
                           note=f"quyết định {MADE_UP}"), {"organization.renamed": 1})
    planning = made_up_decision("G05/QĐ-TTg", "Thủ tướng Chính phủ", "2025-04-01")
    plan.add(file, act("merged G05", "ROOT", "merged", "2025-04-13",
                       {"sources": ["G12", "G05"], "into": {"code": "G12"}, "units": "keep"}, planning,
                       note=f"quyết định {MADE_UP}; có hiệu lực ngày 13/4/2025"),
             {"organization.merged": 1, "organization.took_over": 1}, closes=["G05"])
    for old, into in CENTRAL:
        decision = made_up_decision(f"{old}/QĐ-TTg", "Thủ tướng Chính phủ", "2025-04-01")
        plan.add(file, act(f"merged {old}", "ROOT", "merged", "2025-04-14",
                           {"sources": [into, old], "into": {"code": into}, "units": "keep"}, decision,
                           note=f"quyết định {MADE_UP}"),
                 {"organization.merged": 1, "organization.took_over": 1}, closes=[old])
    decision = made_up_decision("G36/QĐ-TTg", "Thủ tướng Chính phủ", "2025-04-01")
    plan.add(file, act("dissolved G36", "ROOT", "dissolved", "2025-04-14", {"code": "G36", "successors": ["G12"]}, decision,
                       note=f"quyết định {MADE_UP}"),
             {"organization.dissolved": 1, "organization.took_over": 1}, closes=["G36"])
    for letter in "HK":
        for row in mergers:
            closed = [letter + c[1:] for c in row["closed_codes"].split(";") if c]
            if not closed:
                continue
            kept = letter + row["kept_code"][1:]
            plan.add(file, act(f"merged {kept} 2025", "ROOT", "merged", "2025-07-01",
                               {"sources": [kept] + closed, "into": {"code": kept}, "units": "keep"}, DECISION_MERGER,
                               happenedOn="2025-06-12"),
                     {"organization.merged": len(closed), "organization.took_over": 1}, closes=closed)


def after(plan):
    file = "05-after-the-mergers.jsonl"
    pairs = [{"from": code, "to": "H60" + code[3:]} for code, _ in TREE]
    plan.add(file, act("recoded H22", "H60", "recoded", "2025-10-01", {"cause": "authority", "codes": pairs},
                       made_up_decision("77/QĐ-UBND", "UBND tỉnh Tuyên Quang", "2025-09-15")),
             {"organization.recoded": len(pairs), "code.closed": len(pairs)},
             grants=[p["to"] for p in pairs], closes=[p["from"] for p in pairs])
    first, second, third, fourth = enterprises()
    for name, code, info in (
            ("branch", first + "-001", firm("Chi nhánh Công ty TNHH Minh họa Một", "unit", "Thành phố Huế")),
            ("firm 1", second, firm("Công ty cổ phần Minh họa Hai", "enterprise")),
            ("firm 2", third, firm("Hợp tác xã Minh họa Ba", "cooperative", "tỉnh An Giang")),
            ("firm 3", fourth, firm("Hộ kinh doanh Minh họa Bốn", "household", "tỉnh Cao Bằng"))):
        plan.add(file, act(name, "G12", "established", "2025-08-20", {"code": code, "info": info}, scheme="enterprise"),
                 {"organization.established": 1}, grants=[code])
    plan.add(file, act("firm 0 moved", "G12", "contact_updated", "2025-09-01",
                       {"code": first, "set": {"address": f"Số 2, địa chỉ {MADE_UP}, Hà Nội"}}, scheme="enterprise"),
             {"organization.contact_updated": 1})
    plan.add(file, act("contact H26", "H26", "contact_updated", "2025-07-02",
                       {"code": "H26", "set": {"email": "minhhoa@example.invalid", "phone": f"000 000 ({MADE_UP})"}}),
             {"organization.contact_updated": 1})
    plan.add(file, act("corrected H26.18", "H26", "corrected", "2025-07-10",
                       {"corrects": act_id("lower H26.18"), "code": "H26.18",
                        "set": {"address": f"Số 18, địa chỉ {MADE_UP}, Hà Nội"}},
                       made_up_decision("03/BB-UBND", "UBND Thành phố Hà Nội", "2025-07-10")),
             {"organization.corrected": 1})
    plan.add(file, act("announced H26.300", "H26", "established", "2030-01-01",
                       {"code": "H26.300", "info": {"name": f"Sở Ngày mai Thành phố Hà Nội ({MADE_UP})",
                                                    "type": "agency", "address": address("Hà Nội")}},
                       made_up_decision("30/QĐ-UBND", "UBND Thành phố Hà Nội", "2025-08-01"),
                       note=f"hiệu lực từ năm 2030, {MADE_UP}"),
             {"act.announced": 1})


def wrong():
    """(act, where it is refused first, verdict, rule, reason) of acts that are all at fault."""
    hanoi = made_up_decision("99/QĐ-UBND", "UBND Thành phố Hà Nội", "2025-08-01")
    prime = made_up_decision("99/QĐ-TTg", "Thủ tướng Chính phủ", "2025-08-01")
    info = {"name": f"Đơn vị sai ({MADE_UP})", "address": address("Hà Nội")}
    day = "2025-08-15"

    def grant(n, authority, code, decision=hanoi, effective=day, info=info, **more):
        return act(f"wrong {n}", authority, "established", effective, {"code": code, "info": info}, decision, **more)

    def one(n, authority, kind, body, decision=hanoi, effective=day, **more):
        return act(f"wrong {n}", authority, kind, effective, body, decision, **more)

    used = grant("conflict", "H26", "H26.500")
    used["actId"] = act_id("lower H26.18")
    first = enterprises()[1]
    bad_digit = first[:9] + str((int(first[9]) + 1) % 10)
    offline, registry = "publish", "registry"
    return [
        (grant(1, "H22", "H22.95"), registry, "rejected", "ACCOUNT", "account-ended"),
        (one(2, "H26", "renamed", {"code": "H26.18"}), offline, "rejected", "FORM", "form-nothing"),
        (one(3, "H26", "merged", {"sources": ["H26.1", "H26.2", "H26.1"], "into": {"code": "H26.1"}}), offline,
         "rejected", "FORM", "form-repeated"),
        (one(4, "H26", "renamed", {"code": "H26.18", "newCode": "H26.501", "newBody": True}), offline, "rejected", "FORM",
         "form-excludes"),
        (used, registry, "conflict", "IDEMPOTENT", "conflict"),
        (grant(6, "H26", "H26.sở"), offline, "rejected", "GRAMMAR", "grammar-code"),
        (grant(7, "H26", "A1", scheme="minhhoa"), registry, "rejected", "SCHEME", "scheme-unknown"),
        (grant(8, "G12", bad_digit, None, info={**info, "type": "enterprise"}, scheme="enterprise"), offline, "rejected",
         "ENTERPRISE", "enterprise-check"),
        (grant(9, "G12", "001099000001", None, info={**info, "type": "household"}, scheme="enterprise"), offline, "rejected",
         "ENTERPRISE", "enterprise-personal"),
        (grant(10, "H26", "H26.502", info={"name": info["name"]}), offline, "rejected", "INFO", "info-missing"),
        (grant(11, "H26", "H26.503", None), offline, "rejected", "DECISION", "decision-missing"),
        (grant(12, "H26", "H26.504", {**hanoi, "issuedOn": "2031-01-01"}), registry, "rejected", "ORDER", "order-decision"),
        (one(13, "H26", "renamed", {"code": "H26.18", "name": f"Trước khi có ({MADE_UP})"}, effective="2020-10-01"), registry,
         "rejected", "ORDER", "order-before-issue"),
        (one(14, "H26", "corrected", {"corrects": act_id("never published"), "code": "H26.18",
                                      "set": {"phone": f"000 ({MADE_UP})"}}), registry, "rejected", "ACTREF", "actref-missing"),
        (grant(15, "H26", "H64"), offline, "rejected", "ROOT", "root-level1"),
        (grant(16, "H26", "H27.01"), registry, "rejected", "AUTHORITY", "authority-not-own"),
        (grant(17, "H26", enterprises()[3] + "-001", None, info={**info, "type": "unit"}, scheme="enterprise"), registry,
         "rejected", "AUTHORITY", "authority-not-own"),
        (one(18, "H26", "closed", {"code": "H26.999"}), registry, "rejected", "UNKNOWN", "unknown-code"),
        (grant(19, "ROOT", "H22", prime), registry, "rejected", "CLOSED", "closed-regrant"),
        (one(20, "H60", "closed", {"code": "H22.91"}, made_up_decision("78/QĐ-UBND", "UBND tỉnh Tuyên Quang", "2025-10-20"),
             effective="2025-11-01"), registry, "rejected", "CLOSED", "closed-code"),
        (grant(21, "H26", "H26.18"), registry, "rejected", "UNIQUE", "unique-granted"),
        (grant(22, "H26", "H26.998.01"), registry, "rejected", "PARENT", "parent-missing"),
        (one(23, "H01", "closed", {"code": "H01.151"}, made_up_decision("99/QĐ-UBND", "UBND tỉnh An Giang", "2025-08-01")),
         registry, "rejected", "CHILDREN", "children-open"),
        (one(24, "ROOT", "merged", {"sources": ["H14", "H27"], "into": {"code": "H27", "info": {
            "name": "Ủy ban nhân dân tỉnh Cao Bằng"}}, "units": "keep"}, prime), registry, "rejected", "SAMENAME",
         "samename-code"),
        (one(25, "H26", "dissolved", {"code": "H26.20", "successors": ["H26.20"]}), registry, "rejected", "ACYCLIC",
         "acyclic-cycle"),
    ]


def lines(acts):
    return "".join(json.dumps(a, ensure_ascii=False, separators=(",", ":")) + "\n" for a in acts)


BEFORE_ENDS = "03-before-the-mergers.jsonl"


def expected(plan, bad):
    files = list(plan.files)
    acts = Counter({name: len(plan.files[name]) for name in files})
    steps = []
    def again(names):
        for name in names:
            steps.append({"file": name, "again": True, "acts": acts[name], "verdicts": {"duplicate": acts[name]}})

    for name in files:
        announced = sum(a["effectiveOn"] > "2026-12-31" for a in plan.files[name])
        verdicts = {"accepted": acts[name] - announced}
        if announced:
            verdicts["announced"] = announced
        steps.append({"file": name, "acts": acts[name], "verdicts": verdicts})
        if name == BEFORE_ENDS:  # later its accounts have ended and cannot repeat themselves
            again(files[:files.index(name) + 1])
    again(files[files.index(BEFORE_ENDS) + 1:])
    wrong_verdicts = Counter(b[2] for b in bad)
    steps.append({"file": "90-wrong.jsonl", "unchecked": True, "acts": len(bad), "verdicts": dict(sorted(wrong_verdicts.items()))})
    receipts = Counter()
    for step in steps:
        receipts.update(step["verdicts"])
    return {
        "steps": steps,
        "receipts": dict(sorted(receipts.items())),
        "acts": {"accepted": sum(acts.values()) - 1, "announced": 1},
        "changeTypes": dict(sorted(plan.changes.items())),
        "changes": sum(plan.changes.values()),
        "codes": {"granted": len(plan.codes), "open": len(plan.codes) - len(plan.closed), "closed": len(plan.closed)},
        "closed": sorted(plan.closed),
        "wrongRules": dict(sorted(Counter(b[3] for b in bad).items())),
    }


def main():
    plan = Plan()
    rows = read("level1_codes.csv")
    level1(plan, rows)
    lower(plan, read("lower_level_codes_sample.csv"))
    before_2025(plan)
    root_2025(plan, rows, read("province_merger_2025.csv"))
    after(plan)
    bad = wrong()
    out = {name: lines(acts) for name, acts in plan.files.items()}
    out["90-wrong.jsonl"] = lines(b[0] for b in bad)
    out["90-wrong.expected"] = ("# line  refused first by  verdict  rule  reason\n"
                                + "".join(f"{n}\t" + "\t".join(b[1:]) + "\n" for n, b in enumerate(bad, 1)))
    out["expected.json"] = json.dumps(expected(plan, bad), ensure_ascii=False, indent=2) + "\n"
    stale = []
    for name, text in out.items():
        path = os.path.join(HERE, name)
        if sys.argv[1:] == ["--check"]:
            if not os.path.exists(path) or open(path, encoding="utf-8").read() != text:
                stale.append(name)
        else:
            with open(path, "w", encoding="utf-8", newline="\n") as f:
                f.write(text)
    for name in stale:
        print(f"{name}: not what make_sample.py writes; run it")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
