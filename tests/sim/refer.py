"""Acts about acts: corrected, annulled."""
from judgement import Judgement
from words import *


class References:
    """Part of Model."""

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
