"""A second model of the registry, written from schemas/*.md alone and kept simple: lists, and everything recomputed.

    model = Model()
    for record in journal:            # dicts, see README.md
        line = model.feed(record)     # {"record", "receipts", "changes"}
    model.end()                       # {"codes", "history", "place"}
"""
import copy
import datetime
import hashlib
import json
import re
import unicodedata
import uuid

RULES = ("ACCOUNT FORM IDEMPOTENT GRAMMAR SCHEME ENTERPRISE INFO DECISION ORDER ACTREF ROOT AUTHORITY UNKNOWN CLOSED "
         "UNIQUE PARENT CHILDREN SAMENAME ACYCLIC FULL").split()
# Slugs begin with the rule's name in lower case, but for these.
SLUG_RULES = {"conflict": "IDEMPOTENT", "grammar-code": "GRAMMAR"}
INFO_FIELDS = "name nameEn shortName type address email phone fax website legacyCode".split()
CONTACT = "address email phone fax website".split()
LIMITS = {"email": 254, "phone": 50, "fax": 50, "website": 2000}
DAY = 86400000
KINDS = ("established contact_updated renamed recoded merged split dissolved closed corrected annulled "
         "scheme_registered").split()
FIXED_KINDS = ("corrected", "annulled", "scheme_registered")
HELD_MAX = 10000
CODES_MAX = 10000
EDGES_MAX = 20000
# Of what needs the registry, what refuses an announced act at once, beside ROOT and ACTREF.
REFUSED_BEFORE = ("unique-granted", "unique-twice", "closed-regrant", "closed-code", "full-codes", "form-value")


def slug_rule(slug):
    return SLUG_RULES.get(slug) or slug.split("-")[0].upper()


def parse_time(text):
    moment = datetime.datetime.fromisoformat(text)
    delta = moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return delta // datetime.timedelta(milliseconds=1)


def date_at(instant):
    """The day (ISO text, which sorts) at +07:00."""
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=(instant + 7 * 3600000) // DAY)).isoformat()


def date_start(day):
    return (datetime.date.fromisoformat(day) - datetime.date(1970, 1, 1)).days * DAY - 7 * 3600000


def days_between(later, earlier):
    return (datetime.date.fromisoformat(later) - datetime.date.fromisoformat(earlier)).days


# ---- codes, as text

def gov_valid(code):
    return len(code) <= 35 and re.fullmatch(r"[A-Z][0-9]{2}(\.[A-Z0-9]+)*", code) is not None


def is_level1(code):
    return re.fullmatch(r"[A-Z][0-9]{2}", code) is not None


def enterprise_fault(code):
    if re.fullmatch(r"[0-9]{12}", code):
        return "enterprise-personal"
    match = re.fullmatch(r"([0-9]{10})(?:-([0-9]{3}))?", code)
    if not match:
        return "enterprise-form"
    head, branch = match.groups()
    if head[2:9] == "0000000":
        return "enterprise-sequence"
    value = 10 - sum(w * int(d) for w, d in zip((31, 29, 23, 19, 17, 13, 7, 5, 3), head)) % 11
    if value == 10:
        return "enterprise-none"
    if value != int(head[9]):
        return "enterprise-check"
    return "enterprise-branch" if branch == "000" else None


def grammar_match(items, code):
    if len(code) > 35:
        return False
    pattern = ""
    for item in items:
        if "literal" in item:
            pattern += re.escape(item["literal"])
        else:
            pattern += "[" + item["class"] + "]{%d,%d}" % (item["min"], item["max"])
    return re.fullmatch(pattern, code) is not None


def key_of(scheme, code):
    return code if scheme in ("gov", "enterprise") else scheme + ":" + code


def scheme_of(key):
    if ":" in key:
        return key.split(":")[0]
    return "enterprise" if key[:1].isdigit() else "gov"


def parent_of(key):
    scheme = scheme_of(key)
    if scheme == "gov":
        return key.rpartition(".")[0] or None
    if scheme == "enterprise":
        return key[:10] if "-" in key else None
    return None


def below(key, above):
    parent = parent_of(key)
    while parent is not None:
        if parent == above:
            return True
        parent = parent_of(parent)
    return False


def level1_of(key):
    return key.split(".")[0]


def gov_level1(key):
    return scheme_of(key) == "gov" and is_level1(key)


# ---- acts, as data

def normalized(value):
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [normalized(v) for v in value]
    if isinstance(value, dict):
        return {k: normalized(v) for k, v in value.items()}
    return value


def full_form(act, put=normalized):
    """The act with every default filled in: what its digest is taken over. `put` copies it, into NFC as a rule."""
    act = put(act)
    act.pop("publishedAt", None)
    act["actId"] = act["actId"].lower()
    act.setdefault("scheme", "gov")
    act.setdefault("happenedOn", act["effectiveOn"])
    body = act["body"]
    kind = act["kind"]
    for field in {"renamed": ["newBody"], "merged": ["newBody"], "split": ["newBody", "continues"],
                  "dissolved": ["withUnits", "continues"], "closed": ["withUnits"],
                  "scheme_registered": ["amends"]}.get(kind, []):
        body.setdefault(field, False)
    if kind in ("contact_updated", "corrected"):
        body["clear"] = sorted(body.get("clear", []), key=INFO_FIELDS.index)
        body.setdefault("set", {})
    return act


def digest(act):
    return hashlib.sha256(json.dumps(act, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def unit_items(body):
    units = body.get("units")
    return units if isinstance(units, list) else []


def unit_code(unit):
    return unit.get("close") or unit["from"]


def each_code(act):
    """(code, granted) of every code that the act names, in field order, units last."""
    body, kind = act["body"], act["kind"]
    if kind in ("established",):
        yield body["code"], True
    elif kind in ("contact_updated", "closed", "corrected"):
        yield body["code"], False
    elif kind == "renamed":
        yield body["code"], False
        if body.get("newCode") is not None:
            yield body["newCode"], True
    elif kind == "recoded":
        for pair in body["codes"]:
            yield pair["from"], False
            yield pair["to"], True
    elif kind == "merged":
        for code in body["sources"]:
            yield code, False
        yield body["into"]["code"], False
    elif kind == "split":
        yield body["source"], False
        for result in body["results"]:
            yield result["code"], True
    elif kind == "dissolved":
        yield body["code"], False
        for code in body["successors"]:
            yield code, False
    elif kind == "scheme_registered":
        yield body["issuer"], False
    for unit in unit_items(body):
        yield unit_code(unit), False
        if "to" in unit:
            yield unit["to"], True
        if "successor" in unit:
            yield unit["successor"], False


class Stop(Exception):
    pass


class Faults(list):
    def add(self, slug, code=None):
        self.append((slug, code))

    def rule(self):
        rules = [slug_rule(s) for s, _ in self]
        return min(rules, key=RULES.index) if rules else ""

    def slugs(self):
        return [s for s, _ in sorted(self, key=lambda f: RULES.index(slug_rule(f[0])))]


class Plan:
    """What an act does: for each affected code one entry, in the order of the changes."""

    def __init__(self):
        self.effects = {}  # key -> {"op": set, "org", "given": {}, "clear": set, "heir"}
        self.links = []    # (from, to, continues)
        self.order = []    # keys
        self.types = {}

    def effect(self, key, kind, op=None, **more):
        entry = self.effects.setdefault(key, {"op": set(), "given": {}, "clear": set(), "org": None, "heir": None})
        if key not in self.types:
            self.order.append(key)
            self.types[key] = kind
        if op:
            entry["op"].add(op)
        entry["given"].update(more.get("given", {}))
        if "org" in more:
            entry["org"] = more["org"]
        if "heir" in more:
            entry["heir"] = more["heir"]


class Model:
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

    # ---- what is true

    def facts_of(self, key):
        found = [f for f in self.by_key.get(key, ()) if not f["undone"]]
        return sorted(found, key=lambda f: (f["on"], f["rank"], f["sequence"]))

    def edges_of(self, key):
        return [e for e in self.edges if not e["undone"] and key in (e["from"], e["to"])]

    def fold(self, key, day=None):
        state = None
        for fact in self.facts_of(key):
            if day is not None and fact["on"] > day:
                break
            op = fact["op"]
            if state is None:
                state = {"status": "open", "issuedOn": fact["on"], "closedOn": None, "organizationId": None, "info": {},
                         "lastDecision": None, "heir": None}
            if "ISSUE" in op or "CARRY" in op:
                state["organizationId"] = fact["org"]
            for field in fact["clear"]:
                state["info"].pop(field, None)
            state["info"].update(fact["given"])
            if fact["decision"]:
                state["lastDecision"] = fact["decision"]
            if "CLOSE" in op:
                state.update(status="closed", closedOn=fact["on"], heir=fact["heir"])
            if "VOID" in op:
                state.update(status="closed", closedOn=state["issuedOn"], heir=None)
        if state is None:
            return None
        edges = [e for e in self.edges_of(key) if day is None or e["on"] <= day]
        state["successors"] = sorted(([e["on"], e["to"], e["continues"]] for e in edges if e["from"] == key))
        state["predecessors"] = sorted(([e["on"], e["from"], e["continues"]] for e in edges if e["to"] == key))
        return state

    def granted(self, key):
        return key in self.by_key

    def is_open(self, key):
        state = self.fold(key)
        return state is not None and state["status"] == "open"

    def structural_on(self, key):
        days = [f["on"] for f in self.facts_of(key) if f["op"] & {"ISSUE", "CARRY", "CLOSE"}]
        return max(days) if days else None

    def children(self, key):
        return sorted(k for k in self.by_key if parent_of(k) == key)

    def children_of_others(self, key, number):
        return [k for k in self.children(key) if not any(f["act"] == number and "ISSUE" in f["op"] for f in self.by_key[k])]

    def units_below(self, key):
        return sorted(k for k in self.by_key if below(k, key) and self.is_open(k))

    def walk(self, code):
        """The codes from `code` along the heirs to the first open one; the last is None when nobody is left."""
        path = []
        while code is not None and code not in path:
            state = self.fold(code)
            if state is None:
                return path + [None]
            path.append(code)
            if state["status"] == "open":
                return path
            code = state["heir"]
        return path + [None]

    def scheme_authority(self, scheme):
        return self.walk("G05" if scheme == "enterprise" else self.schemes[scheme]["issuer"])[-1]

    def steps(self, key):
        """The record as a step function of the day: [(from, record)], equal neighbours joined."""
        days = sorted({f["on"] for f in self.facts_of(key)} | {e["on"] for e in self.edges_of(key)})
        steps = []
        for day in days:
            state = self.fold(key, day)
            if state is not None and (not steps or steps[-1][1] != state):
                steps.append((day, state))
        return steps

    def today(self):
        return date_at(self.time)

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
        if act != full_form(record["act"], copy.deepcopy):
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
        if mode == "fresh" and faults.rule() != "ACCOUNT" and (entry is None or entry["verdict"] == "rejected"):
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

    def lateness(self, act, recorded):
        found = []
        decision = act.get("decision")
        if decision:
            if act["kind"] in ("established", "merged", "split", "dissolved") and \
                    days_between(decision["issuedOn"], act["happenedOn"]) > 30:
                found.append("days30-late")
            if days_between(date_at(recorded), decision["issuedOn"]) > 7:
                found.append("days7-late")
        return found

    def legacy_forms(self, act):
        found = []
        for _, legacy in self.legacy_given(act):
            if re.fullmatch(r"[0-9A-Z]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}", legacy):
                pass
            elif re.fullmatch(r"[0-9A-Z]{3}\.[0-9]{2,3}\.[0-9]{2,3}\.[A-Z][0-9]{2}", legacy):
                found.append("legacy-wide")
            else:
                found.append("legacy-form")
        return found

    def legacy_twice(self, act, plan):
        """Does an open code bear the QCVN 102 code that the act gives?"""
        given = {}
        for key, legacy in self.legacy_given(act):
            given.setdefault(legacy, set()).add(key)
        closing = {k for k, e in plan.effects.items() if "CLOSE" in e["op"]} if isinstance(plan, Plan) else set()
        return ["legacy-twice" for legacy, keys in given.items()
                if any(self.is_open(k) and self.fold(k)["info"].get("legacyCode") == legacy
                       for k in self.by_key if k not in keys and k not in closing)]

    def legacy_given(self, act):
        """(key, QCVN 102 code) of all that the act gives."""
        body, kind = act["body"], act["kind"]
        infos = [(body.get("newCode") or body.get("code"), i) for i in (body.get("info"), body.get("set"), body) if i]
        if kind == "merged":
            infos.append((body["into"]["code"], body["into"].get("info") or {}))
        infos += [(r["code"], r["info"]) for r in body.get("results", [])]
        return [(key_of(act["scheme"], code), i["legacyCode"]) for code, i in infos if i.get("legacyCode")]

    # ---- ACCOUNT, FORM

    def check_account(self, act, topic, faults):
        authority = act["authority"]
        if authority != "ROOT" and not is_level1(authority):
            faults.add("account-name", authority)
            return
        if topic is not None and topic != authority:
            faults.add("account-publisher", authority)
        state = self.fold(authority)
        if authority != "ROOT" and state is not None and state["status"] == "closed":
            faults.add("account-ended", authority)

    def check_text(self, value, limit, faults):
        if value == "":
            faults.add("form-empty")
        if len(value) > limit:
            faults.add("form-limit")
        if any(unicodedata.category(c) == "Cn" for c in value):
            faults.add("form-unassigned")
        if any(unicodedata.category(c) == "Cc" for c in value):
            faults.add("form-control")

    def check_form(self, act, faults):
        body, kind = act["body"], act["kind"]
        for info in [body.get("info"), body.get("set")] + [r.get("info") for r in body.get("results", [])] + \
                [body["into"].get("info") if kind == "merged" else None, body if kind == "renamed" else None]:
            for field in INFO_FIELDS:
                if info and info.get(field) is not None:
                    self.check_text(info[field], LIMITS.get(field, 500), faults)
        for document in (act.get("decision"), body.get("setDecision")):
            if document:
                for field in ("number", "issuedBy", "title", "uri"):
                    if document.get(field) is not None:
                        self.check_text(document[field], 2000 if field == "uri" else 500, faults)
                if document.get("sha256") is not None and not re.fullmatch(r"[0-9a-f]{64}", document["sha256"]):
                    faults.add("form-value")
        if act.get("note") is not None:
            self.check_text(act["note"], 4000, faults)
        if kind == "closed" and body.get("reason") is not None:
            self.check_text(body["reason"], 500, faults)

        def repeated(codes):
            codes = list(codes)
            if len(set(codes)) < len(codes):
                faults.add("form-repeated")

        def either(*fields):
            return any(body.get(f) not in (None, {}, [], False) for f in fields)

        if kind in ("contact_updated", "corrected"):
            if not either("set", "clear", "setDecision"):
                faults.add("form-nothing")
            if set(body["set"]) & set(body["clear"]):
                faults.add("form-excludes")
        elif kind == "renamed":
            if not either("name", "nameEn", "shortName", "legacyCode", "newCode", "newBody"):
                faults.add("form-nothing")
            if body["newBody"] and body.get("newCode") is not None:
                faults.add("form-excludes")
            if body.get("units") is not None and body.get("newCode") is None:
                faults.add("form-needs")
        elif kind == "recoded":
            if not body["codes"]:
                faults.add("form-count")
            repeated(p["from"] for p in body["codes"])
        elif kind == "merged":
            among = body["into"]["code"] in body["sources"]
            if len(body["sources"]) < (2 if among else 1):
                faults.add("form-count")
            repeated(body["sources"])
            if body["newBody"] and not among:
                faults.add("form-needs")
        elif kind == "split":
            if len(body["results"]) < (1 if body["continues"] else 2):
                faults.add("form-count")
            if body["newBody"] and not body["continues"]:
                faults.add("form-needs")
        elif kind == "dissolved":
            repeated(body["successors"])
            if body["continues"] and len(body["successors"]) != 1:
                faults.add("form-needs")
        elif kind == "scheme_registered":
            if not body["grammar"]:
                faults.add("form-count")
            if len(body["grammar"]) > 16 or \
                    sum(len(i["literal"]) if "literal" in i else i["max"] for i in body["grammar"]) > 35:
                faults.add("form-limit")
            if any("class" in i and not i["min"] <= i["max"] for i in body["grammar"]):
                faults.add("form-value")
        sources = {"renamed": [body.get("code")], "merged": body.get("sources"), "split": [body.get("source")],
                   "dissolved": [body.get("code")]}.get(kind, [])
        repeated(dict.fromkeys(sources))
        repeated(list(dict.fromkeys(sources)) + [unit_code(u) for u in unit_items(body)])

    def act_successors(self, act):
        body, kind = act["body"], act["kind"]
        if kind == "renamed":
            return [body["newCode"]] if body.get("newCode") is not None else []
        if kind == "merged":
            return [body["into"]["code"]]
        if kind == "split":
            return [r["code"] for r in body["results"]] + ([body["source"]] if body["continues"] else [])
        if kind == "dissolved":
            return body["successors"]
        return []

    # ---- what needs no more than the schemes

    def check_static(self, act, faults):
        body, kind, scheme = act["body"], act["kind"], act["scheme"]
        if kind == "scheme_registered":
            self.check_scheme(act, faults)
        elif scheme not in ("gov", "enterprise"):
            if scheme not in self.schemes:
                faults.add("scheme-unknown")
            elif kind == "recoded":
                faults.add("scheme-kind")
        for code in dict.fromkeys(c for c, _ in each_code(act)):
            if kind == "scheme_registered":
                if not is_level1(code):
                    faults.add("grammar-code", code)
            elif scheme == "gov":
                if not gov_valid(code):
                    faults.add("grammar-code", code)
            elif scheme == "enterprise":
                fault = enterprise_fault(code)
                if fault:
                    faults.add(fault, code)
            elif scheme in self.schemes and not grammar_match(self.schemes[scheme]["grammar"], code):
                faults.add("grammar-code", code)
        infos = []  # (info, is a grant)
        if kind == "established":
            infos.append((body["info"], True))
        if kind == "split":
            infos += [(r["info"], True) for r in body["results"]]
        for info, _ in infos + [(body.get("set", {}), False),
                                (body["into"].get("info") or {} if kind == "merged" else {}, False)]:
            if scheme == "enterprise" and info.get("type") not in (None, "enterprise", "cooperative", "household", "unit"):
                faults.add("enterprise-type")
        for info, _ in infos:
            for field in ("name", "address") + (("type",) if scheme == "enterprise" else ()):
                if info.get(field) is None:
                    faults.add("info-missing")
        for field in body.get("clear", []):
            if field in ("name", "address"):
                faults.add("info-cleared")
        decision = act.get("decision")
        if not decision and kind != "contact_updated" and scheme != "enterprise":
            faults.add("decision-missing")
        if decision and decision["issuedOn"] > self.today():
            faults.add("order-decision")
        if act["authority"] != "ROOT":
            if kind == "scheme_registered":
                faults.add("root-scheme")
            elif scheme == "gov" and kind not in ("contact_updated", "corrected"):
                codes = [c for c, _ in each_code(act)]
                if kind == "dissolved":
                    codes = [body["code"]] + [c for u in unit_items(body) for c in (unit_code(u), u.get("to")) if c]
                elif kind == "split":
                    pass
                for code in dict.fromkeys(codes):
                    if is_level1(code):
                        faults.add("root-level1", code)

    def check_scheme(self, act, faults):
        body = act["body"]
        if act["scheme"] != "gov":
            faults.add("scheme-kind")
        known = self.schemes.get(body["scheme"])
        if not re.fullmatch(r"[a-z0-9-]{2,8}", body["scheme"]) or \
                body["scheme"] in ("gov", "enterprise", "scheme", "prefix"):
            faults.add("scheme-id")
        elif body["amends"] and known is None:
            faults.add("scheme-unknown")
        elif body["amends"]:
            if known["issuer"] != body["issuer"]:
                faults.add("scheme-fixed")
            if known["grammar"] != body["grammar"]:
                faults.add("scheme-fixed")
        elif known is not None:
            faults.add("scheme-registered")

    # ---- all the rest

    def judge(self, act, faults):
        """Adds all faults; returns what the act would do."""
        kind = act["kind"]
        if kind in ("corrected", "annulled"):
            target = self.find_target(act)
            if target is None:
                faults.add("actref-missing")
                return {}
            return self.judge_corrected(act, target, faults) if kind == "corrected" else \
                self.judge_annulled(act, target, faults)
        if kind == "scheme_registered":
            if not act["body"]["amends"]:
                self.named(act["body"]["issuer"], act, faults)
            return {}
        return Judgement(self, act, faults).plan

    def find_target(self, act):
        wanted = (act["body"].get("corrects") or act["body"].get("annuls")).lower()
        own = self.acts.get((act["authority"], wanted))
        if own:
            return own
        for (authority, act_id), entry in sorted(self.acts.items()):
            if act_id != wanted:
                continue
            if act["authority"] == "ROOT" or authority != "ROOT" and not self.is_open(authority) and \
                    self.walk(authority)[-1] == act["authority"]:
                return entry
        return None

    def judge_corrected(self, act, target, faults):
        key = key_of(target["scheme"], act["body"]["code"])
        if target["kind"] in FIXED_KINDS:
            faults.add("actref-kind")
        elif target["verdict"] != "accepted":
            faults.add("actref-state")
        elif not any(f["key"] == key and f["act"] == target["number"] for f in self.facts):
            faults.add("actref-code", key)
        if not faults:
            self.touch(act, target, key, faults)
        return {"target": target}

    def only_linked(self, target, key):
        """Did the target no more than tie an edge to this code?"""
        return all(f["op"] == {"LINK"} and not f["given"] for f in self.by_key.get(key, ()) if f["act"] == target["number"])

    def touch(self, act, target, key, faults):
        """May the authority correct or annul what the target did, or will do, to this code?"""
        if act["kind"] == "annulled" and (act["authority"] == target["authority"] or self.only_linked(target, key) and
                                          target["verdict"] == "accepted"):
            return
        if gov_level1(key):
            if act["authority"] != "ROOT" and not (target["kind"] == "contact_updated" and act["authority"] == key):
                faults.add("root-level1", key)
        else:
            self.authority(act["authority"], key, faults)

    def authority(self, authority, key, faults, root_may=False):
        scheme = scheme_of(key)
        if scheme == "gov":
            if authority == "ROOT":
                if not root_may:
                    faults.add("authority-not-own", key)
                return
            holder = self.walk(level1_of(key))[-1]
        else:
            holder = self.scheme_authority(scheme)
        if holder is None:
            faults.add("authority-none", key)
        elif holder != authority:
            faults.add("authority-not-own", key)

    def judge_annulled(self, act, target, faults):
        if target["kind"] in FIXED_KINDS:
            faults.add("actref-kind")
            return {}
        if target["verdict"] not in ("accepted", "announced", "held"):
            faults.add("actref-state")
            return {}
        plan = {"target": target, "affected": []}
        if target["verdict"] != "accepted":
            for code in dict.fromkeys(c for c, _ in each_code(target["act"])):
                self.touch(act, target, key_of(target["scheme"], code), faults)
            return plan
        mine = target["number"]
        affected = [self.subjects[s - 1] for s in range(target["first"], target["last"] + 1) if s]
        plan["affected"] = affected
        for key in affected:
            self.touch(act, target, key, faults)
        ops = {key: set().union(*[f["op"] for f in self.facts if f["key"] == key and f["act"] == mine]) for key in affected}
        for key in affected:
            if "ISSUE" in ops[key]:
                if any(f["act"] != mine for f in self.by_key[key]) or \
                        any(e["act"] != mine for e in self.edges_of(key)) or self.children_of_others(key, mine) or \
                        any(key in [k for k, _ in p["codes"]] for p in self.pending):
                    faults.add("closed-built-on", key)
        if any(op & {"CLOSE", "CARRY"} for op in ops.values()):
            if act["body"]["reason"] != "entryError":
                faults.add("closed-reason")
            if days_between(self.today(), date_at(target["recorded"])) > 30:
                faults.add("closed-too-late")
            for key in affected:
                parent = parent_of(key)
                above = self.fold(parent) if parent else None
                orphan = "CLOSE" in ops[key] and above and above["status"] == "closed" and \
                    "CLOSE" not in ops.get(parent, ()) and not (gov_level1(parent) and above["heir"])
                if orphan or self.built_on(key, target, "CLOSE" in ops[key]):
                    faults.add("closed-built-on", key)
        return plan

    def built_on(self, key, target, closed):
        mine, last = target["number"], target["last"]
        if any(f["key"] == key and f["act"] != mine and not f["undone"] and f["sequence"] > last and
               f["op"] & {"ISSUE", "CARRY", "CLOSE"} for f in self.facts):
            return True
        if any(e["sequence"] > last for e in self.edges_of(key) if e["act"] != mine):
            return True
        if not closed:
            return False
        if any(below(k, key) and written[-1][0] > last for k, written in self.history.items()):
            return True
        for scheme in ["enterprise"] + list(self.schemes):
            path = self.walk("G05" if scheme == "enterprise" else self.schemes[scheme]["issuer"])
            if key in path[:-1] and any(scheme_of(f["key"]) == scheme and f["sequence"] > last for f in self.facts):
                return True
        return False

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


class Judgement:
    """Phase five of the eight kinds that write on codes."""

    def __init__(self, model, act, faults):
        self.model, self.act, self.faults = model, act, faults
        self.plan = Plan()
        self.day = act["effectiveOn"]
        self.issuing, self.closing, self.judged = [], [], []
        self.unit_codes = []
        self.kept = []   # closing codes whose units stay
        self.key = lambda code: key_of(act["scheme"], code)
        getattr(self, act["kind"])(act["body"])
        self.authorities()
        self.issues()
        self.children()
        self.cycles()
        if len(self.plan.order) > CODES_MAX or len(self.plan.links) > EDGES_MAX:
            faults.add("full-codes")

    # what acts do, in primitives

    def info_of(self, key):
        state = self.model.fold(key, self.day)
        return dict(state["info"]) if state else {}

    def org_of(self, key):
        state = self.model.fold(key, self.day)
        return state["organizationId"] if state else None

    def new_org(self, key):
        return str(uuid.uuid5(uuid.UUID(self.act["actId"]), key))

    def name(self, key, **how):
        self.judged.append(key)
        self.model.named(key, self.act, self.faults, **how)

    def issue(self, key, change, info, org=None):
        self.judged.append(key)
        self.issuing.append(key)
        self.plan.effect(key, change, "ISSUE", given=dict(info), org=org or self.new_org(key))

    def close(self, key, change, successors, continues=False):
        self.closing.append(key)
        self.plan.effect(key, change, "CLOSE", heir=successors[0] if len(successors) == 1 else None)
        for successor in successors:
            self.link(key, successor, continues)

    def link(self, start, end, continues):
        self.plan.links.append((start, end, continues))

    def carry(self, key, change):
        self.plan.effect(key, change, "CARRY", org=self.new_org(key))

    # kinds

    def established(self, body):
        self.issue(self.key(body["code"]), "organization.established", body["info"])

    def contact_updated(self, body):
        key = self.key(body["code"])
        self.name(key, set_only=True)
        held = self.info_of(key)
        if any(held.get(f) != v for f, v in body["set"].items()) or any(f in held for f in body["clear"]):
            self.plan.effect(key, "organization.contact_updated", "SET", given=body["set"])
            self.plan.effects[key]["clear"] = set(body["clear"])

    def renamed(self, body):
        key = self.key(body["code"])
        names = {f: body[f] for f in ("name", "nameEn", "shortName", "legacyCode") if body.get(f) is not None}
        if body.get("newCode") is not None:
            new = self.key(body["newCode"])
            self.name(key, structural=True)
            self.close(key, "code.closed", [new], True)
            self.issue(new, "organization.renamed", {**self.info_of(key), **names}, self.org_of(key))
            self.units([key], [new], "code.closed")
        elif body["newBody"]:
            self.name(key, structural=True)
            self.carry(key, "organization.renamed")
            self.plan.effect(key, "organization.renamed", "SET", given=names)
        else:
            self.name(key, set_only=True)
            self.plan.effect(key, "organization.renamed", "SET", given=names)

    def recoded(self, body):
        for pair in body["codes"]:
            self.recode(self.key(pair["from"]), self.key(pair["to"]), "code.closed")

    def recode(self, start, end, change):
        self.name(start, structural=True)
        self.close(start, change, [end], True)
        self.issue(end, "organization.recoded", self.info_of(start), self.org_of(start))

    def merged(self, body):
        model = self.model
        sources, into = [self.key(s) for s in body["sources"]], self.key(body["into"]["code"])
        info = body["into"].get("info") or {}
        target = model.fold(into)
        for source in sources:
            if source != into:
                self.name(source, structural=True)
                self.close(source, "organization.merged", [into])
            else:
                self.name(into, structural=body["newBody"])
                self.plan.effect(into, "organization.took_over", "LINK", given=info)
        if into not in sources and (target is not None):
            self.name(into)
            self.plan.effect(into, "organization.took_over", "LINK", given=info)
        elif target is None and into not in sources:
            if len(sources) < 2:
                self.faults.add("form-count")
            for field in ("name", "address"):
                if info.get(field) is None:
                    self.faults.add("info-missing")
            self.issue(into, "organization.established", info)
        if body["newBody"]:
            self.carry(into, "organization.took_over")
        self.units(sources, [into], "code.closed")
        if gov_level1(into):
            name = info.get("name") or self.info_of(into).get("name")
            for source in sources:
                state = model.fold(source, self.day)
                if source != into and name is not None and state and state["info"].get("name") == name:
                    self.faults.add("samename-code", into)

    def split(self, body):
        source, results = self.key(body["source"]), [self.key(r["code"]) for r in body["results"]]
        self.name(source, structural=not body["continues"] or body["newBody"])
        if body["continues"]:
            self.plan.effect(source, "organization.split", "LINK")
            if body["newBody"]:
                self.carry(source, "organization.split")
            for result in results:
                self.link(source, result, False)
        else:
            self.close(source, "organization.split", results)
        for result, key in zip(body["results"], results):
            self.issue(key, "organization.separated", result["info"])
        self.units([source], results, "code.closed")

    def dissolved(self, body):
        model, key = self.model, self.key(body["code"])
        successors = [self.key(s) for s in body["successors"]]
        self.name(key, structural=True)
        self.close(key, "organization.dissolved", successors, body["continues"])
        for successor in successors:
            model.named(successor, self.act, self.faults)
            if successor != key:
                self.plan.effect(successor, "organization.took_over", "LINK")
        self.units([key], successors, "organization.dissolved", body["withUnits"])

    def closed(self, body):
        key = self.key(body["code"])
        self.name(key, structural=True)
        self.close(key, "code.closed", [])
        self.units([key], [], "code.closed", body["withUnits"])

    def units(self, sources, successors, change, with_units=False):
        body, model = self.act["body"], self.model
        if body.get("units") == "keep":
            closing = [s for s in sources if s in self.closing]
            if not closing or any(not gov_level1(s) for s in closing) or len(successors) != 1 or \
                    not gov_level1(successors[0]):
                self.faults.add("children-keep")
            self.kept = closing
        items = {self.key(unit_code(u)): u for u in unit_items(body)}
        if any("successor" in u and u["successor"] not in model.act_successors(self.act) for u in items.values()):
            self.faults.add("form-value")
        for key in items:
            if not any(below(key, s) for s in sources):
                self.faults.add("children-not-below", key)
        if with_units:
            for source in sources:
                for key in model.units_below(source):
                    items.setdefault(key, {"close": key})
        before = len(self.plan.order)
        self.unit_codes = list(items) + [self.key(u["to"]) for u in items.values() if "to" in u]
        for key in sorted(items):
            unit = items[key]
            if "to" in unit:
                self.recode(key, self.key(unit["to"]), "code.closed")
            else:
                self.name(key, structural=True)
                self.close(key, change, [self.key(unit["successor"])] if "successor" in unit else successors)
        self.plan.order[before:] = sorted(self.plan.order[before:])

    # rules over all of it

    def authorities(self):
        model, act = self.model, self.act
        for key in dict.fromkeys(self.judged):
            if gov_level1(key):
                if act["authority"] not in ("ROOT", key):
                    self.faults.add("authority-not-own", key)
                continue
            root_may = False
            if act["authority"] == "ROOT" and key in self.unit_codes:
                if key in self.issuing:
                    root_may = any(gov_level1(s) and below(key, s) for s in model.act_successors(act))
                else:
                    root_may = level1_of(key) in self.closing
            model.authority(act["authority"], key, self.faults, root_may)

    def issues(self):
        model = self.model
        for key in dict.fromkeys(self.issuing):
            state = model.fold(key)
            if state is not None:
                self.faults.add("unique-granted" if state["status"] == "open" else "closed-regrant", key)
            if self.issuing.count(key) > 1:
                self.faults.add("unique-twice", key)
            parent = parent_of(key)
            if parent is None or parent in self.issuing and parent not in self.closing:
                continue
            above = model.fold(parent)
            if parent in self.closing:
                self.faults.add("parent-closed", key)
            elif above is None or above["issuedOn"] > self.day:
                self.faults.add("parent-missing", key)
            elif above["status"] == "closed":
                if above["closedOn"] <= self.day:
                    self.faults.add("parent-closed", key)
                elif not (gov_level1(parent) and above["heir"]):
                    self.faults.add("order-parent", key)

    def children(self):
        for key in dict.fromkeys(self.closing):
            if key in self.kept:
                continue
            for child in self.model.children(key):
                state = self.model.fold(child)
                if state["status"] == "open":
                    if child not in self.closing:
                        self.faults.add("children-open", child)
                elif child not in self.closing and state["closedOn"] > self.day and state["closedOn"] > state["issuedOn"]:
                    self.faults.add("order-child", child)

    def cycles(self):
        edges = {}
        for edge in self.model.edges:
            if edge["on"] == self.day and not edge["undone"]:
                edges.setdefault(edge["from"], set()).add(edge["to"])
        for start, end, _ in self.plan.links:
            edges.setdefault(start, set()).add(end)

        def reaches(start, goal):
            seen, todo = set(), [start]
            while todo:
                node = todo.pop()
                if node == goal:
                    return True
                if node not in seen:
                    seen.add(node)
                    todo += edges.get(node, ())
            return False
        for successor in self.model.act_successors(self.act):
            if self.key(successor) in self.closing and self.act["kind"] in ("merged", "dissolved"):
                self.faults.add("acyclic-cycle", successor)
        for start, end, _ in self.plan.links:
            if reaches(end, start):
                self.faults.add("acyclic-cycle", start)
                break
