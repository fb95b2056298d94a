"""Rules that need no more than the act itself and the registered schemes, and what is only measured."""
import re
import unicodedata

from words import *


class Checks:
    """Part of Model."""

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
        if any("successor" in u and u["successor"] not in self.act_successors(act) for u in unit_items(body)):
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
        if scheme not in ("gov", "enterprise"):
            if scheme not in self.schemes:
                faults.add("scheme-unknown")
            if kind == "recoded":
                faults.add("scheme-kind")
        if kind == "scheme_registered":
            self.check_scheme(act, faults)
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
