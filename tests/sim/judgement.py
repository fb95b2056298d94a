"""What an act would do, and the rules that need the registry."""
import uuid

from words import *


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
