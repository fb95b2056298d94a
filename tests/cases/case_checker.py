"""What one side answered to a case's journal, against what the case expects."""
import uuid


class Checker:
    """What one side (core or model) answered, against what the case says."""

    def __init__(self, case, builder, lines, at_end):
        self.case, self.builder, self.lines, self.end = case, builder, lines, at_end
        self.problems = []

    def fail(self, number, text):
        self.problems.append("line %d: %s" % (number, text))

    def own(self, index):
        """Receipts of the record's own act (the last that has its id), and all."""
        record, line = self.builder.records[index], self.lines[index]
        if record["kind"] == "refusal":
            return line["receipts"][-1:]
        act_id = record["act"]["actId"].lower()
        return [r for r in line["receipts"] if r["actId"] == act_id]

    def run(self):
        for index, number, verb, text, words in self.builder.expected:
            if self.lines is None or index >= len(self.lines) or "receipts" not in self.lines[index]:
                self.fail(number, "no answer")
                return self.problems
            getattr(self, verb)(index, number, text, words)
        for number, words in self.builder.ends:
            self.state(number, words)
        return self.problems

    def any(self, index, number, text, words):
        pass

    def taken(self, index, number, text, words):
        receipts = self.own(index)
        if not receipts or receipts[0]["verdict"] not in ("accepted", "announced", "held"):
            self.fail(number, "should be taken: %s" % self.said(receipts[:1]))

    @staticmethod
    def said(receipts):
        return "; ".join(" ".join([r["verdict"], r.get("rule") or "", ",".join(r.get("faults") or [])] +
                                  ["!" + w for w in r.get("warnings") or []]) for r in receipts) or "nothing"

    def match(self, number, receipt, words):
        verdict, rest = words[0], words[1:]
        warnings = {w[1:] for w in rest if w.startswith("!")}
        rest = [w for w in rest if not w.startswith("!")]
        rule = rest[0] if rest else ""
        faults = {s for s in rest[1].split(",")} if len(rest) > 1 else set()
        got = (receipt["verdict"], receipt.get("rule") or "", set(receipt.get("faults") or []), set(receipt.get("warnings") or []))
        right = got[0] == verdict and got[1] == rule and (got[3] == warnings or verdict in ("rejected", "conflict"))
        right = right and (faults - {"..."} <= got[2] if "..." in faults else not faults or faults == got[2])
        if not right:
            self.fail(number, "expected %s; got %s" % (" ".join(words), self.said([receipt])))

    def verdict(self, index, number, text, words):
        line = self.lines[index]
        if words[0] in ("repeat", "gap", "stop"):
            if not line.get(words[0]) or line["receipts"]:
                self.fail(number, "expected %s; got %s" % (words[0], self.said(line["receipts"])))
            return
        receipts = self.own(index)
        if not receipts:
            self.fail(number, "expected %s; got nothing" % text)
        else:
            self.match(number, receipts[0], words)

    def receipt(self, index, number, text, words):
        """receipt #label verdict ...: a receipt of that act in the answer to the last record."""
        act_id = self.builder.act_id(words[0])
        found = [r for r in self.lines[index]["receipts"] if r["actId"] == act_id]
        if words[1] == "none":
            if found:
                self.fail(number, "%s: got %s" % (words[0], self.said(found)))
        elif not found:
            self.fail(number, "%s has no receipt: %s" % (words[0], self.said(self.lines[index]["receipts"])))
        else:
            self.match(number, found[-1], words[1:])

    def nothing(self, index, number, text, words):
        line = self.lines[index]
        if line["receipts"] or line["changes"]:
            self.fail(number, "expected nothing; got %s" % self.said(line["receipts"]))

    def changes(self, index, number, text, words):
        got = ["%s %s" % (c["type"].replace("organization.", ""), c["subject"]) for c in self.lines[index]["changes"]]
        expected = [] if text == "none" else [" ".join(t.split()) for t in text.split(",")]
        if got != expected:
            self.fail(number, "changes expected: %s; got: %s" % (", ".join(expected), ", ".join(got)))

    def periods(self, index, number, text, words):
        got = [c["periods"] for c in self.lines[index]["changes"]]
        if got != [int(w) for w in words]:
            self.fail(number, "periods expected %s; got %s" % (words, got))

    def state(self, number, words):
        """is CODE ... / on DATE CODE ..."""
        day = None
        if words[0] == "on":
            day, words = words[1], words[1:]
        key, rest = words[1], words[2:]
        record = self.end(key, day)
        if rest[0] in ("none", "unknown"):
            if record is not None:
                self.fail(number, "%s should have no record: %s" % (key, record["status"]))
            return
        if record is None:
            self.fail(number, "%s has no record" % key)
            return
        for word in rest:
            name, _, value = word.partition("=")
            if word in ("open", "closed"):
                got, value = record["status"], word
            elif name in ("issued", "closed"):
                got = record["%sOn" % name] or "none"
            elif name in ("to", "by"):
                edges = record["successors" if name == "to" else "predecessors"]
                got = "+".join("%s@%s%s" % (e[1], e[0], "*" if e[2] else "") for e in edges) or "none"
            elif name == "same":
                other = self.end(value, None)
                got, value = record["organizationId"], other and other["organizationId"]
            elif name == "other":
                other = self.end(value, None)
                got, value = record["organizationId"] != other["organizationId"], True
            elif name == "org":
                label, _, code = value.partition("/")
                got, value = record["organizationId"], str(uuid.uuid5(uuid.UUID(self.builder.act_id(label)), code))
            elif name == "decision":
                got = (record["lastDecision"] or {}).get("issuedOn", "none")
            else:
                got, value = record["info"].get(name, "none"), value
            if got != value:
                self.fail(number, "%s %s: %s, expected %s" % (key, name, got, value))
