"""What is true of a code on a day: folds of all facts and edges that are in force."""
from words import *


class Timeline:
    """Part of Model."""

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
