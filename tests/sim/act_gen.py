"""Random acts that fit what a model of the registry knows: most name codes that exist and are accepted; the rest is wrong on purpose."""
import datetime
import uuid

import model as M

LEVEL1 = ["H26", "H57", "K01", "G05", "G12"]
BAD_CODES = ["h26.1", "H2.1", "H26..1", "H26.", "H26.A-1", "H26.1 ", "X", "H26." + "1" * 32, "é26", "H26.a"]
SCHEMES = {"abc": [{"class": "A-Z", "min": 2, "max": 2}, {"literal": "-"}, {"class": "0-9", "min": 1, "max": 2}],
           "x-1": [{"class": "A-Za-z", "min": 1, "max": 4}]}
NAMES = ["Sở Xây dựng", "Sở Nội vụ", "Chi cục Thuế", "Trung tâm Y tế", "Ban Quản lý dự án"]
LEGACIES = ["000.00.18.H26", "000.01.18.H26", "000.001.18.H26", "001.00.18.H26", "khong ro"]


def head(prefix):
    digits = "%09d" % prefix
    value = 10 - sum(w * int(d) for w, d in zip((31, 29, 23, 19, 17, 13, 7, 5, 3), digits)) % 11
    return digits + str(value) if value < 10 else None


HEADS = [h for h in map(head, range(10000001, 10000012)) if h][:6]


def shift(day, days):
    return (datetime.date.fromisoformat(day) + datetime.timedelta(days=days)).isoformat()


class Acts:
    """Part of journal_gen.Writer, which has the random numbers, the model and the clock."""

    # ---- picking

    def today(self):
        return M.date_at(max(self.clock, self.model.time))

    def any_of(self, items, otherwise=None):
        items = list(items)
        return self.rng.choice(items) if items else otherwise

    def level1(self):
        return [c for c in self.level1_codes if self.model.is_open(c)]

    def open_codes(self, authority, scheme="gov", lower=True):
        """Open codes over which the authority has a say."""
        model, found = self.model, []
        for key in model.by_key:
            if M.scheme_of(key) != scheme or lower and M.gov_level1(key) or not model.is_open(key):
                continue
            holder = model.walk(M.level1_of(key))[-1] if scheme == "gov" else model.scheme_authority(scheme)
            if holder == authority:
                found.append(key)
        return sorted(found)

    def maybe_wrong(self, code):
        """As a rule the code given; else some other."""
        rng = self.rng
        if rng.random() >= self.wrong:
            return code
        roll = rng.random()
        if roll < 0.15:
            return rng.choice(BAD_CODES)
        if roll < 0.3:
            return rng.choice(self.level1_codes)
        if roll < 0.7:
            return self.plain(self.any_of(sorted(self.model.by_key), code))
        return "%s.%d" % (rng.choice(self.level1_codes), rng.randint(1, 9))

    def plain(self, key):
        return key.rpartition(":")[2]

    def new_code(self, authority):
        rng = self.rng
        above = self.any_of([authority, authority] + self.open_codes(authority))
        if above.count(".") > 3:
            above = authority
        return "%s.%s" % (above, rng.choice(["%d" % rng.randint(1, self.codes_max), "0%d" % rng.randint(1, 9), "A%d" % rng.randint(1, 3)]))

    def fresh(self, authority, count=1, scheme="gov"):
        """Codes that look grantable."""
        found = []
        for _ in range(count * 6):
            if len(found) == count:
                break
            if scheme == "gov":
                code = self.new_code(authority)
            elif scheme == "enterprise":
                code = self.rng.choice(HEADS)
                if self.rng.random() < 0.5:
                    code += "-%03d" % self.rng.randint(1, 3)
            elif scheme == "abc":
                code = "%s-%d" % (self.rng.choice(["AB", "CD"]), self.rng.randint(1, 12))
            else:
                code = self.rng.choice("abcdefgh")
            if code not in found and (not self.model.granted(M.key_of(scheme, code)) or self.rng.random() < self.wrong):
                found.append(code)
        return found

    # ---- parts of acts

    def effective(self):
        rng, today = self.rng, self.today()
        roll = rng.random()
        if roll < self.future:
            return shift(today, rng.choice([1, 1, 2, 3, 5, 8, 20]))
        if roll < self.future + 0.2:
            return shift(today, -rng.choice([1, 1, 2, 3, 5, 10, 40]))
        return today

    def decision(self):
        rng = self.rng
        issued = shift(self.today(), rng.choice([0, 0, 0, -1, -7, -8, -20, -40]))
        if rng.random() < self.wrong / 4:
            issued = shift(self.today(), 1)
        document = {"number": "%d/QĐ-UBND" % rng.randint(1, 99), "issuedBy": "UBND", "issuedOn": issued}
        if rng.random() < 0.1:
            document["title"] = "Quyết định"
        return document

    def info(self, scheme="gov"):
        rng = self.rng
        info = {"name": rng.choice(NAMES) + rng.choice(["", " 1", " 2"]), "address": rng.choice(["1 Lê Lợi", "2 Trần Phú"])}
        if scheme == "enterprise":
            info["type"] = rng.choice(["enterprise", "cooperative", "household", "unit"])
        for field, value in (("email", "a@b.vn"), ("phone", "024"), ("nameEn", "Department"), ("website", "https://x.vn")):
            if rng.random() < 0.2:
                info[field] = value
        if rng.random() < 0.15:
            info["legacyCode"] = rng.choice(LEGACIES)
        if rng.random() < self.wrong / 4:
            info.pop(rng.choice(["name", "address"]))
        if rng.random() < 0.03:
            info["name"] = "Ho\u0302i " + info.get("name", "")
        if rng.random() < self.wrong / 6:
            info["phone"] = rng.choice(["1" * 51, "1" * 50, ""])
        return info

    def contact(self):
        rng, fields = self.rng, {}
        for field in rng.sample(M.CONTACT, rng.randint(1, 3)):
            fields[field] = "%s %d" % (field, rng.randint(1, 3))
        return fields

    def units(self, authority, sources, successors, scheme="gov"):
        """A list of units that deals with what is below, as a rule."""
        rng, model = self.rng, self.model
        items = []
        for source in sources:
            below = [k for k in model.units_below(M.key_of(scheme, source))]
            for key in below:
                if rng.random() < self.wrong:
                    continue
                code, roll = self.plain(key), rng.random()
                if roll < 0.4 or not successors:
                    items.append({"close": code})
                elif roll < 0.8 and successors and scheme == "gov":
                    items.append({"from": code, "to": "%s.%s%d" % (rng.choice(successors), rng.choice("UVW"), rng.randint(1, 9))})
                else:
                    items.append({"from": code, "successor": rng.choice(successors)})
        rng.shuffle(items)
        if rng.random() < self.wrong / 2:
            items.append({"close": self.maybe_wrong(self.new_code(authority))})
        if rng.random() < self.wrong / 4 and items:
            items.append(dict(rng.choice(items)))
        return items

    def act(self, authority, kind, body, scheme="gov", **more):
        rng = self.rng
        self.ids += 1
        act = {"actId": str(uuid.uuid5(self.uuid_space, str(self.ids))), "authority": authority, "kind": kind,
               "effectiveOn": self.effective(), "body": body}
        if scheme != "gov":
            act["scheme"] = scheme
        if kind != "contact_updated" and rng.random() >= self.wrong / 4 and (scheme != "enterprise" or rng.random() < 0.3):
            act["decision"] = self.decision()
        if rng.random() < 0.1:
            act["happenedOn"] = shift(act["effectiveOn"], -rng.choice([1, 30, 31, 40]))
        if rng.random() < 0.05:
            act["note"] = "ghi chú"
        if act["effectiveOn"] < self.today() and rng.random() < 0.7:
            act["effectiveOn"] = max([act["effectiveOn"]] + self.issue_days(act))
        act.update(more)
        if act.get("happenedOn") is None:
            act.pop("happenedOn", None)
        return act

    def issue_days(self, act):
        """Days on which codes that the act names, and parents of those that it issues, were issued."""
        days = []
        try:
            codes = list(M.each_code(act))
        except KeyError:
            return days
        for code, granted in codes:
            key = M.key_of(act.get("scheme", "gov"), code)
            state = self.model.fold((M.parent_of(key) or key) if granted else key)
            if state:
                days.append(state["issuedOn"])
        return [d for d in days if d <= self.today()]

    # ---- kinds

    def scheme_for(self, authority):
        """A scheme that this authority may feed, gov as a rule."""
        if self.rng.random() < 0.75:
            return "gov"
        fed = [s for s in ["enterprise"] + sorted(self.model.schemes) if self.model.scheme_authority(s) == authority]
        return self.rng.choice(fed) if fed else "gov"

    def established(self, authority):
        scheme = self.scheme_for(authority)
        codes = self.fresh(authority, 1, scheme)
        if not codes:
            return None
        return self.act(authority, "established", {"code": self.maybe_wrong(codes[0]), "info": self.info(scheme)}, scheme)

    def contact_updated(self, authority):
        scheme = self.scheme_for(authority)
        codes = self.open_codes(authority, scheme)
        if scheme == "gov":
            codes.append(authority)
        if self.rng.random() < 0.1:
            codes = sorted(self.model.by_key)
        code = self.any_of(codes)
        if code is None:
            return None
        body = {"code": self.maybe_wrong(self.plain(code))}
        if self.rng.random() < 0.9:
            body["set"] = self.contact()
        if self.rng.random() < 0.2:
            body["clear"] = self.rng.sample(["email", "phone", "fax", "website"] + (["address"] if self.rng.random() < self.wrong else []),
                                            self.rng.randint(1, 2))
        if self.rng.random() < 0.9 and "clear" in body and "set" in body:
            body["clear"] = [f for f in body["clear"] if f not in body["set"]]
            if not body["clear"]:
                del body["clear"]
        return self.act(authority, "contact_updated", body, scheme)

    def pick(self, authority, scheme, count=1):
        codes = self.open_codes(authority, scheme)
        if len(codes) < count:
            return None
        return [self.maybe_wrong(self.plain(c)) for c in self.rng.sample(codes, count)]

    def renamed(self, authority):
        rng = self.rng
        scheme = self.scheme_for(authority)
        code = self.pick(authority, scheme)
        if not code:
            return None
        body = {"code": code[0]}
        if rng.random() < 0.9:
            body["name"] = rng.choice(NAMES) + " mới"
        if rng.random() < 0.2:
            body["shortName"] = "XD"
        roll = rng.random()
        if roll < 0.4:
            new = self.fresh(authority, 1, scheme)
            if new:
                body["newCode"] = self.maybe_wrong(new[0])
                units = self.units(authority, code, new, scheme)
                if units:
                    body["units"] = units
        elif roll < 0.6:
            body["newBody"] = True
        if rng.random() < self.wrong / 5:
            body["newBody"] = True
        return self.act(authority, "renamed", body, scheme)

    def recoded(self, authority):
        rng = self.rng
        scheme = self.scheme_for(authority)
        codes = self.open_codes(authority, scheme)
        if not codes:
            return None
        first = rng.choice(codes)
        new = self.fresh(authority, 1, scheme)
        if not new:
            return None
        pairs = [{"from": self.maybe_wrong(self.plain(first)), "to": self.maybe_wrong(new[0])}]
        for key in self.model.units_below(first):
            if rng.random() >= self.wrong:
                pairs.append({"from": self.plain(key), "to": new[0] + key[len(first):]})
        if rng.random() < self.wrong / 3:
            pairs.append(dict(pairs[0], to=self.new_code(authority)))
        rng.shuffle(pairs)
        return self.act(authority, "recoded", {"cause": rng.choice(["parent", "authority", "renumbering"]), "codes": pairs}, scheme)

    def merged(self, authority):
        rng = self.rng
        scheme = self.scheme_for(authority)
        sources = self.pick(authority, scheme, rng.choice([1, 2, 2, 2, 3]))
        if not sources:
            return None
        roll, into = rng.random(), {}
        if roll < 0.45:
            into["code"] = rng.choice(sources)
            if rng.random() < 0.4:
                into["info"] = self.info(scheme)
        elif roll < 0.65:
            into["code"] = (self.pick(authority, scheme) or sources)[0]
        else:
            into = {"code": (self.fresh(authority, 1, scheme) or sources)[0], "info": self.info(scheme)}
        body = {"sources": sources, "into": into}
        if into["code"] in sources and rng.random() < 0.3 or rng.random() < self.wrong / 5:
            body["newBody"] = True
        units = self.units(authority, [s for s in sources if s != into["code"]], [into["code"]], scheme)
        if units:
            body["units"] = units
        return self.act(authority, "merged", body, scheme)

    def split(self, authority):
        rng = self.rng
        scheme = self.scheme_for(authority)
        source = self.pick(authority, scheme)
        if not source:
            return None
        continues = rng.random() < 0.5
        results = self.fresh(authority, rng.choice([1, 2]) if continues else 2, scheme)
        body = {"source": source[0], "continues": continues, "results": [{"code": r, "info": self.info(scheme)} for r in results]}
        if continues and rng.random() < 0.3 or rng.random() < self.wrong / 5:
            body["newBody"] = True
        if not continues or rng.random() < 0.2:
            units = self.units(authority, source, results, scheme)
            if units:
                body["units"] = units
        return self.act(authority, "split", body, scheme)

    def dissolved(self, authority):
        rng = self.rng
        scheme = self.scheme_for(authority)
        code = self.pick(authority, scheme)
        if not code:
            return None
        other = authority if rng.random() < 0.6 else rng.choice(self.level1() or [authority])
        pool = [self.plain(c) for c in self.open_codes(other, scheme) if self.plain(c) != code[0] or rng.random() < self.wrong]
        pool = [c for c in pool if not M.below(c, code[0]) or rng.random() < self.wrong]
        if rng.random() < 0.1 and scheme == "gov":
            pool.append(other)
        successors = list(dict.fromkeys(self.maybe_wrong(c) for c in rng.sample(pool, min(len(pool), rng.choice([0, 1, 1, 2])))))
        body = {"code": code[0], "successors": successors}
        if len(successors) == 1 and rng.random() < 0.4:
            body["continues"] = True
        roll = rng.random()
        if roll < 0.4:
            body["withUnits"] = True
        if roll > 0.3:
            units = self.units(authority, code, successors, scheme)
            if units:
                body["units"] = units
        return self.act(authority, "dissolved", body, scheme)

    def closed(self, authority):
        scheme = self.scheme_for(authority)
        code = self.pick(authority, scheme)
        if not code:
            return None
        body = {"code": code[0]}
        if self.rng.random() < 0.5:
            body["withUnits"] = True
        return self.act(authority, "closed", body, scheme)

    def earlier(self, authority):
        acts = [e for e in self.model.acts.values() if e["authority"] == authority]
        if self.rng.random() < 0.1:
            acts = list(self.model.acts.values())
        if self.rng.random() < 0.85:
            acts = [e for e in acts if e["verdict"] in ("accepted", "announced", "held") and e["kind"] not in M.FIXED_KINDS]
        if self.rng.random() < 0.2:
            acts = [e for e in acts if e["verdict"] in ("announced", "held")] or acts
        if self.rng.random() < 0.5:
            acts = acts[-4:]
        return self.any_of(acts)

    def corrected(self, authority):
        rng = self.rng
        target = self.earlier(authority)
        if target is None:
            return None
        codes = [self.plain(c) for c in self.model.subjects[max(0, target["first"] - 1):target["last"]] if not c.startswith("scheme:")]
        body = {"corrects": target["id"], "code": self.maybe_wrong(self.any_of(codes, authority)), "set": {}}
        for field in rng.sample(["name", "nameEn", "address", "email", "phone"], rng.randint(0, 2)):
            body["set"][field] = "sửa %s %d" % (field, rng.randint(1, 3))
        if rng.random() < 0.3:
            body["clear"] = [f for f in rng.sample(["nameEn", "email", "phone"], 1) if f not in body["set"]]
        if rng.random() < self.wrong / 3:
            body["clear"] = ["name"]
        if rng.random() < 0.2:
            body["setDecision"] = {"number": "S%d" % rng.randint(1, 9), "issuedBy": "UBND", "issuedOn": shift(self.today(), -3)}
        if not body["set"] and len(body) == 3 and rng.random() >= self.wrong:
            body["set"]["name"] = "sửa"
        if not body["set"]:
            del body["set"]
        if not body.get("clear"):
            body.pop("clear", None)
        act = self.act(authority, "corrected", body, target["scheme"])
        return act

    def annulled(self, authority):
        target = self.earlier(authority)
        if target is None:
            return None
        wanted = target["id"] if self.rng.random() >= self.wrong / 3 else str(uuid.UUID(int=self.rng.getrandbits(128)))
        return self.act(authority, "annulled", {"annuls": wanted, "reason": "entryError" if self.rng.random() < 0.8 else "decisionAnnulled"})

    def scheme_registered(self, authority):
        rng = self.rng
        name = rng.choice(["abc", "abc", "x-1"] + (["gov", "TOO", "scheme"] if rng.random() < self.wrong else []))
        body = {"scheme": name, "issuer": self.any_of(self.level1(), "H26"), "grammar": SCHEMES.get(name, SCHEMES["abc"]),
                "description": "mô tả %d" % rng.randint(1, 3)}
        known = self.model.schemes.get(name)
        if known and rng.random() < 0.8:
            body["amends"] = True
            body["issuer"] = known["issuer"] if rng.random() < 0.9 else body["issuer"]
        elif rng.random() < self.wrong:
            body["amends"] = True
        return self.act(authority, "scheme_registered", body)

    # ---- ROOT

    def root(self):
        rng, model = self.rng, self.model
        roll = rng.random()
        opened = self.level1()
        if len(opened) < 2 or roll < 0.25:
            code = rng.choice([c for c in self.level1_codes if not model.granted(c)] or self.level1_codes)
            return self.act("ROOT", "established", {"code": code, "info": self.info()})
        if roll < 0.45:
            two = rng.sample(opened, 2)
            if rng.random() < 0.2 and len(opened) > 2:
                two = rng.sample(opened, 3)
            into = {"code": rng.choice(two)}
            if rng.random() < 0.2:
                fresh = [c for c in self.level1_codes if not model.granted(c)]
                if fresh:
                    into = {"code": fresh[0], "info": self.info()}
            elif rng.random() < 0.5:
                source = model.fold(rng.choice(two))["info"].get("name")
                into["info"] = {"name": source or "Tỉnh", "address": "3 Hùng Vương"}
            body = {"sources": two, "into": into}
            return self.act("ROOT", "merged", self.with_units(body, [c for c in two if c != into["code"]], [into["code"]]))
        code = rng.choice(opened)
        if roll < 0.55:
            body = {"code": code, "name": "Tỉnh %d" % rng.randint(1, 5)}
            fresh = [c for c in self.level1_codes if not model.granted(c)]
            if fresh and rng.random() < 0.5:
                body["newCode"] = fresh[0]
                self.with_units(body, [code], [fresh[0]])
            return self.act("ROOT", "renamed", body)
        if roll < 0.62:
            successors = [c for c in rng.sample(opened, min(2, len(opened))) if c != code][:rng.choice([0, 1, 1, 2])]
            body = {"code": code, "successors": successors}
            if rng.random() < 0.3:
                body["withUnits"] = True
                return self.act("ROOT", "dissolved", body)
            return self.act("ROOT", "dissolved", self.with_units(body, [code], successors))
        if roll < 0.66:
            fresh = [c for c in self.level1_codes if not model.granted(c)]
            if fresh:
                continues = rng.random() < 0.8
                return self.act("ROOT", "split", {"source": code, "continues": continues,
                                                  "results": [{"code": c, "info": self.info()} for c in fresh[:rng.choice([1, 2])]]})
        if roll < 0.68:
            return self.act("ROOT", "closed", {"code": code, "withUnits": rng.random() < 0.7})
        if roll < 0.78:
            return self.scheme_registered("ROOT")
        if roll < 0.86:
            return self.annulled("ROOT")
        if roll < 0.93:
            return self.corrected("ROOT")
        return self.act("ROOT", "contact_updated", {"code": self.maybe_wrong(code), "set": self.contact()})

    def with_units(self, body, sources, successors):
        if any(self.model.units_below(s) for s in sources):
            if self.rng.random() < 0.6:
                body["units"] = "keep"
            else:
                units = self.units("ROOT", sources, successors)
                if units:
                    body["units"] = units
        return body
