"""A second model of the registry, written from schemas/*.md alone and kept simple: lists, and everything recomputed.

    model = Model()
    for record in journal:            # dicts, see README.md
        line = model.feed(record)     # {"record", "receipts", "changes"}
    model.end()                       # {"codes", "history", "place"}
"""
import json
import unicodedata

from check import Checks
from refer import References
from timeline import Timeline
from words import *


class Model(Timeline, Checks, References):
    def __init__(self):
        self.line = 0
        self.record = 0
        self.born = False
        self.time = 0
        self.sequence = 0
        self.receipts = 0
        self.facts = []     # all that was ever written, in order
        self.by_key = {}    # the same, by code
        self.edges = []
        self.acts = {}      # (authority, id) -> entry
        self.pending = []
        self.marks = {}
        self.schemes = {}
        self.normalized = set()  # records whose texts were put into NFC
        self.versions = {}  # subject -> changes so far
        self.subjects = []  # sequence -> subject
        self.history = {}   # key -> [(sequence, steps)]

    # ---- records

    def feed(self, record):
        self.line += 1
        self.out = {"record": self.line, "receipts": [], "changes": []}
        kind = record["kind"]
        if kind == "foreign":
            return self.out
        if not self.born and kind != "genesis" or self.born and kind == "genesis":
            self.out["stop"] = True
            return self.out
        if kind == "control" and record.get("version", 0) > 1:
            self.out["stop"] = True
            return self.out
        self.record += 1
        self.born = True
        broker = parse_time(record["time"])
        if "stamp" in record:
            broker = min(broker, parse_time(record["stamp"]) + 300000)
        self.time = max(self.time, broker)
        self.run_due()
        if kind in ("act", "refusal"):
            taken = self.take_origin(record["origin"])
            self.topic = record["origin"]["topic"].partition(".acts.")[2]
            if taken in ("gap", "repeat"):
                self.out[taken] = True
            elif kind == "refusal":
                refusal = record["refusal"]
                slug = refusal["reason"]
                self.receipt(self.topic, refusal.get("actId"), "rejected",
                             slug_rule(slug), [slug], ["topic-recreated"] if taken == "recreated" else [])
            else:
                self.act_record(record, taken == "recreated")
        return self.out

    def take_origin(self, origin):
        key = (origin["topic"], origin["partition"])
        mark = self.marks.get(key)
        first, last, time = origin["from"], origin["offset"], parse_time(origin["time"])
        if mark is None:
            if first != 0:
                return "gap"
            self.marks[key] = {"offset": last, "max": time, "since": None}
            return "taken"
        if first <= mark["offset"] + 1 <= last:
            mark.update(offset=last, max=max(mark["max"], time))
            return "taken"
        if mark["since"] is not None and time < mark["since"]:
            return "repeat"
        if last <= mark["offset"]:
            if time <= mark["max"]:
                return "repeat"
            mark.update(offset=last, max=time, since=time)
            return "recreated"
        return "gap"

    def run_due(self):
        while True:
            due = [p for p in self.pending if p.get("released")]
            if due:
                item = min(due, key=lambda p: p["number"])
            else:
                due = [p for p in self.pending if p["due"] <= self.time]
                if not due:
                    return
                item = min(due, key=lambda p: (p["due"], p["kind"] == "held", p["number"]))
            if item.get("released"):
                self.pending.remove(item)
                self.decide(item["act"], item["number"], item["recorded"], "released")
            elif item["kind"] == "announced":
                self.pending.remove(item)
                self.decide(item["act"], item["number"], item["recorded"], "due")
            elif any((item["act"]["authority"], True) in p["codes"] for p in self.pending if p["kind"] == "announced"):
                item["due"] = self.time + DAY
            else:
                self.pending.remove(item)
                entry = self.entry(item["act"])
                entry.update(verdict="rejected", rule="AUTHORITY", first=0, last=0)
                self.receipt(entry["authority"], entry["id"], "rejected", "AUTHORITY", ["authority-never-granted"], [])

    def act_record(self, record, recreated):
        act = full_form(record["act"])
        if not unicodedata.is_normalized("NFC", json.dumps(record["act"], ensure_ascii=False)):
            self.normalized.add(self.record)
        self.decide(act, self.record, self.time, "fresh", self.topic, ["topic-recreated"] if recreated else [])
        self.run_due()

    # ---- results

    def entry(self, act):
        return self.acts.get((act["authority"], act["actId"]))

    def receipt(self, authority, act_id, verdict, rule, faults, warnings, first=0, last=0):
        self.receipts += 1
        self.out["receipts"].append({"authority": authority, "actId": act_id, "verdict": verdict, "rule": rule,
                                     "faults": list(faults), "warnings": list(warnings), "first": first, "last": last})

    def change(self, kind, subject, periods=0):
        self.sequence += 1
        self.versions[subject] = self.versions.get(subject, 0) + 1
        self.subjects.append(subject)
        self.out["changes"].append({"sequence": self.sequence, "type": kind, "subject": subject,
                                    "version": self.versions[subject], "periods": periods})
        return self.sequence

    def changed_periods(self, before, after):
        days = sorted({d for d, _ in before} | {d for d, _ in after})

        def at(steps, day):
            found = None
            for start, state in steps:
                if start <= day:
                    found = state
            return found
        return sum(1 for d in days if at(before, d) != at(after, d))

    # ---- deciding

    def decide(self, act, number, recorded, mode, topic=None, warnings=()):
        """mode: fresh (from the journal), released (was held), due (was announced)."""
        warnings = list(warnings) + (["text-normalized"] if number in self.normalized else [])
        faults = Faults()
        self.check_account(act, topic, faults)
        self.check_form(act, faults)
        if not faults:
            warnings += self.legacy_forms(act)
        if not faults and mode == "fresh":
            known = self.entry(act)
            if known and known["verdict"] != "rejected":
                same = known["digest"] == digest(act)
                self.receipt(act["authority"], act["actId"], "duplicate" if same else "conflict",
                             "" if same else "IDEMPOTENT", [] if same else ["conflict"], warnings,
                             known["first"], known["last"])
                return
        if not faults:
            self.check_static(act, faults)
        if not faults:
            warnings += self.lateness(act, recorded)
        if not faults and mode == "fresh" and act["authority"] != "ROOT" and act["kind"] != "annulled" \
                and not self.granted(act["authority"]):
            if sum(1 for p in self.pending if p["kind"] == "held" and p["act"]["authority"] == act["authority"]) >= HELD_MAX:
                faults.add("full-held")
            else:
                self.wait(act, number, recorded, "held", warnings)
                return
        plan = None
        announce = act["effectiveOn"] > self.today()
        if not faults:
            plan = self.judge(act, faults)
            warnings += self.legacy_twice(act, plan)
        if announce and plan is not None:
            now = Faults(f for f in faults if slug_rule(f[0]) in ("ROOT", "ACTREF") or
                         f[0] in REFUSED_BEFORE)
            if not now:
                warnings += [s for s, _ in faults]
                self.wait(act, number, recorded, "announced", warnings)
                return
            faults = now
        if faults:
            self.refuse(act, number, faults, warnings, mode)
        else:
            self.accept(act, number, recorded, plan, warnings)

    def wait(self, act, number, recorded, kind, warnings):
        codes, seen = [], set()
        for code, granted in each_code(act):
            key = key_of(act["scheme"], code)
            if act["kind"] == "merged" and code == act["body"]["into"]["code"]:
                granted = code not in act["body"]["sources"] and not self.granted(key)
            if (key, granted) not in codes:
                codes.append((key, granted))
            seen.add(key)
        due = date_start(act["effectiveOn"]) if kind == "announced" else recorded + 7 * DAY
        self.pending.append({"kind": kind, "due": due, "act": act, "number": number, "recorded": recorded,
                             "codes": codes if kind == "announced" else []})
        first = last = 0
        if kind == "announced":
            first, last = self.notice(act, "act.announced")
        self.acts[act["authority"], act["actId"]] = self.make_entry(act, number, recorded, kind, first, last)
        self.receipt(act["authority"], act["actId"], kind, "", [], warnings, first, last)

    def notice(self, act, kind):
        """act.announced or act.withdrawn for each code named, once."""
        keys = dict.fromkeys(key_of(act["scheme"], code) for code, _ in each_code(act))
        sequences = [self.change(kind, key) for key in keys]
        return (sequences[0], sequences[-1]) if sequences else (0, 0)

    def make_entry(self, act, number, recorded, verdict, first, last):
        return {"authority": act["authority"], "id": act["actId"], "digest": digest(act), "kind": act["kind"],
                "scheme": act["scheme"], "verdict": verdict, "number": number, "recorded": recorded, "act": act,
                "first": first, "last": last}

    def refuse(self, act, number, faults, warnings, mode):
        first = last = 0
        entry = self.entry(act)
        if mode == "due":
            first, last = self.notice(act, "act.withdrawn")
        forged = any(slug in ("account-publisher", "account-name") for slug in faults.slugs())
        if mode == "fresh" and not forged and (entry is None or entry["verdict"] == "rejected"):
            self.acts[act["authority"], act["actId"]] = self.make_entry(act, number, self.time, "rejected", 0, 0)
        if mode != "fresh":
            entry.update(verdict="rejected", rule=faults.rule(), first=first, last=last)
        self.receipt(self.topic if mode == "fresh" else act["authority"], act["actId"], "rejected", faults.rule(),
                     faults.slugs(), warnings, first, last)

    def accept(self, act, number, recorded, plan, warnings):
        kind = act["kind"]
        if kind == "annulled":
            return self.accept_annulled(act, number, recorded, plan, warnings)
        first = self.sequence + 1
        on, decision = act["effectiveOn"], act.get("decision")
        if kind == "corrected":
            target = plan["target"]
            decision = act["body"].get("setDecision")
            key = key_of(target["scheme"], act["body"]["code"])
            root = [f for f in self.by_key[key] if f["act"] == target["number"]][0]
            on, rank = root["on"], root["sequence"]
            before = self.steps(key)
            self.write({"key": key, "on": on, "rank": rank, "act": number, "sequence": self.sequence + 1,
                               "op": {"SET"}, "given": dict(act["body"]["set"]), "clear": set(act["body"]["clear"]),
                               "decision": decision, "org": None, "heir": None, "undone": False})
            self.change("organization.corrected", key, self.changed_periods(before, self.steps(key)))
            self.remember(key)
        elif kind == "scheme_registered":
            body = act["body"]
            self.schemes[body["scheme"]] = {"issuer": body["issuer"], "grammar": body["grammar"],
                                            "description": body.get("description")}
            self.change("scheme.registered", "scheme:" + body["scheme"])
        else:
            before = {key: self.steps(key) for key in plan.order}
            for index, key in enumerate(plan.order):
                effect = plan.effects[key]
                self.write({"key": key, "on": on, "rank": first + index, "act": number, "sequence": first + index,
                                   "op": effect["op"], "given": effect["given"], "clear": effect["clear"],
                                   "decision": decision, "org": effect["org"], "heir": effect["heir"], "undone": False})
            for start, end, continues in plan.links:
                self.edges.append({"from": start, "to": end, "on": on, "continues": continues, "act": number,
                                   "sequence": first + plan.order.index(start), "undone": False})
            for key in plan.order:
                self.change(plan.types[key], key, self.changed_periods(before[key], self.steps(key)))
                self.remember(key)
        last = self.sequence
        if last < first:
            first = last = 0
        self.acts[act["authority"], act["actId"]] = self.make_entry(act, number, recorded, "accepted", first, last)
        self.receipt(act["authority"], act["actId"], "accepted", "", [], warnings, first, last)
        if plan is not None and not isinstance(plan, dict):
            for key, effect in plan.effects.items():
                if "ISSUE" in effect["op"] and gov_level1(key):
                    for item in self.pending:
                        if item["kind"] == "held" and item["act"]["authority"] == key:
                            item["released"] = True

    def write(self, fact):
        self.facts.append(fact)
        self.by_key.setdefault(fact["key"], []).append(fact)

    def remember(self, key):
        self.history.setdefault(key, []).append((self.sequence, self.steps(key)))

    def accept_annulled(self, act, number, recorded, plan, warnings):
        target = plan["target"]
        first = self.sequence + 1
        if target["verdict"] in ("announced", "held"):
            self.pending = [p for p in self.pending if p["number"] != target["number"]]
            if target["verdict"] == "announced":
                self.notice(target["act"], "act.withdrawn")
            verdict = "withdrawn"
        else:
            verdict = "annulled"
            mine = target["number"]
            keys = plan["affected"]
            before = {key: self.steps(key) for key in keys}
            for index, key in enumerate(keys):
                issued = [f for f in self.facts if f["key"] == key and f["act"] == mine and "ISSUE" in f["op"]]
                if issued:
                    self.write({"key": key, "on": issued[0]["on"], "rank": first + index, "act": number,
                                       "sequence": self.sequence + 1 + index, "op": {"VOID"}, "given": {}, "clear": set(),
                                       "decision": None, "org": None, "heir": None, "undone": False})
                else:
                    roots = [f["sequence"] for f in self.by_key[key] if f["act"] == mine]
                    for fact in self.by_key[key]:
                        if fact["rank"] in roots:
                            fact["undone"] = True
            for edge in self.edges:
                if edge["act"] == mine:
                    edge["undone"] = True
            for key in keys:
                self.change("organization.annulled", key, self.changed_periods(before[key], self.steps(key)))
                self.remember(key)
        last = self.sequence
        if last < first:
            first = last = 0
        target.update(verdict=verdict, first=first, last=last)
        self.acts[act["authority"], act["actId"]] = self.make_entry(act, number, recorded, "accepted", first, last)
        self.receipt(act["authority"], act["actId"], "accepted", "", [], warnings, first, last)
        self.receipt(target["authority"], target["id"], verdict, "", [], [], first, last)

    def named(self, key, act, faults, structural=False, set_only=False):
        """A code that must be open."""
        day = act["effectiveOn"]
        state = self.fold(key)
        if state is None:
            faults.add("unknown-code", key)
            return
        if state["status"] == "closed":
            if day > self.today() or state["closedOn"] <= day:
                faults.add("closed-code", key)
                return
            if not set_only:
                faults.add("order-later", key)
                return
        if day < state["issuedOn"]:
            faults.add("order-before-issue", key)
        elif structural and state["status"] == "open" and day < self.structural_on(key):
            faults.add("order-later", key)

    # ---- at the end

    def end(self):
        codes = {}
        for key in sorted(self.by_key):
            state = self.fold(key)
            state["version"] = self.versions[key]
            codes[key] = state
        return {"codes": codes, "history": self.history,
                "place": {"sequence": self.sequence, "receipt": self.receipts, "time": self.time}}
