#!/usr/bin/python3
"""Runs tests/cases/*.case through the core (orgcode-sim) and the model. README.md here has the form of a case.

    run_cases.py [--sim PATH] [--model-only] [file.case ...]

Exit code 0: all hold; 1: some do not; 3: the driver could not be run.
"""
import argparse
import datetime
import glob
import json
import os
import re
import shlex
import sys
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "sim"))
import compare
import model as M

SPACE = uuid.UUID("0d6f6b2e-4c5d-5e0a-9b53-0a2b7c1d4e5f")
KINDS = M.KINDS
VERDICTS = "accepted announced held duplicate conflict rejected withdrawn annulled".split()
# The core cannot come to these from a journal of decoded acts: they are the codecs' and the publisher's, or kept in reserve.
NOT_HERE = {"form-missing", "form-utf8", "repeated-line", "order-built-on"}


class Wrong(Exception):
    """The case itself cannot be read."""


class Case:
    def __init__(self, file, line, title):
        self.file, self.line, self.title = file, line, title
        self.given, self.lines = None, []
        self.core_only = False

    def where(self):
        return "%s:%d %s" % (os.path.basename(self.file), self.line, self.title)


# ---- reading

def read_file(path, states):
    """Cases of a file. Blocks `state NAME` go into states."""
    cases, block = [], None
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if not line.strip() or line.lstrip().startswith("# ") or line.strip() == "#":
                continue
            if line.startswith("case "):
                block = Case(path, number, line[5:])
                cases.append(block)
            elif line.startswith("state "):
                block = Case(path, number, line[6:].strip())
                states[block.title] = block
            elif block is None:
                raise Wrong("%s:%d: no case yet" % (path, number))
            elif line.strip() == "core-only":
                block.core_only = True
            elif line.strip().startswith("given "):
                block.given = line.split()[1]
            else:
                block.lines.append((number, line.strip()))
    return cases


class Builder:
    """Unfolds a case into journal records, and what is expected of each."""

    def __init__(self, case, states):
        self.records, self.expected = [], []  # expected: (record index, kind of check, ...)
        self.ends = []
        self.acts, self.sent = {}, {}
        self.offsets = {}
        self.clock = M.parse_time("2025-07-01T08:00:00+07:00")
        self.count = 0
        self.title = case.title
        chain, state = [], case.given
        if state is None:
            state = "empty"
        while state is not None:
            if state not in states:
                raise Wrong("unknown state " + state)
            chain.insert(0, states[state])
            state = states[state].given
        self.record("genesis", registryId="5f0d3b0e-0000-4000-8000-000000000001", epoch=1, mode="scripted")
        for part in chain:
            for number, line in part.lines:
                self.line(line, number, quiet=True)
        for number, line in case.lines:
            self.line(line, number, quiet=False)

    def record(self, kind, **more):
        self.records.append({"kind": kind, "time": self.time_text(self.clock), **more})

    @staticmethod
    def time_text(instant):
        zone = datetime.timezone(datetime.timedelta(hours=7))
        moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(milliseconds=instant)
        return moment.astimezone(zone).isoformat(timespec="milliseconds")

    def today(self):
        return M.date_at(self.clock)

    def line(self, line, number, quiet):
        line, _, expect = line.partition(" -> ")
        words = [w.encode("utf-8").decode("unicode_escape").encode("latin-1").decode("utf-8") if "\\" in w else w
                 for w in shlex.split(line, posix=True)] if "\\" not in line else self.escaped(line)
        verb = words[0]
        if verb == "at":
            text = words[1] if "T" in words[1] else words[1] + "T08:00:00"
            self.clock = M.parse_time(text + ("" if "+" in text else "+07:00"))
            return
        if verb in ("is", "on"):
            self.ends.append((number, words))
            return
        if verb in ("changes", "receipt", "nothing", "periods"):
            self.expected.append((len(self.records) - 1, number, verb, line[len(verb):].strip(), words[1:]))
            return
        if verb == "times":
            for index in range(int(words[1])):
                self.line(line.split(None, 2)[2].replace("$n", str(index)), number, True)
            return
        if verb in ("tick", "foreign"):
            self.record(verb, **self.stamp(words[1:]))
        elif verb == "control":
            self.record("control", **({"live": True} if words[1] == "live" else {"version": int(words[1])}))
        else:
            self.act_line(words, number)
        if expect:
            self.expected.append((len(self.records) - 1, number, "verdict", expect, expect.split()))
        elif not quiet and verb not in ("tick", "foreign", "control", "redelivered"):
            self.expected.append((len(self.records) - 1, number, "taken", "", []))
        elif quiet:
            self.expected.append((len(self.records) - 1, number, "any", "", []))

    @staticmethod
    def escaped(line):
        def char(match):
            return chr(int(match.group(1), 16))
        return [re.sub(r"%([0-9A-Fa-f]{4,5})%", char, w) for w in shlex.split(re.sub(r"\\u(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{4}))", r"%\1\2%", line))]

    def stamp(self, words):
        return {"stamp": w[6:] + ("" if "+" in w else "+07:00") for w in words if w.startswith("stamp=")} and \
            {"stamp": [w[6:] + ("" if "+" in w else "+07:00") for w in words if w.startswith("stamp=")][0]}

    def origin(self, topic, options):
        name = "orgcode.acts." + topic
        following = self.offsets.get(name, 0)
        last = int(options.pop("offset", following))
        first = int(options.pop("from", last if last != following else following))
        moment = options.pop("otime", None)
        moment = M.parse_time(moment + "+07:00") if moment else self.clock
        self.offsets[name] = max(following, last + 1) if last != 0 or following == 0 else 1
        return {"topic": name, "partition": 0, "from": first, "offset": last, "time": self.time_text(moment)}

    def act_line(self, words, number):
        label = None
        if words[0].startswith("#"):
            label, words = words[0], words[1:]
        options, flags, plain = {}, set(), []
        for word in words:
            match = re.match(r"^([A-Za-z]+)=(.*)$", word, re.S)
            if match:
                options[match.group(1)] = match.group(2)
            else:
                plain.append(word)
        stamp = {}
        if "stamp" in options:
            text = options.pop("stamp")
            stamp = {"stamp": text + ("" if "+" in text else "+07:00")}
        if plain[0] == "redelivered":
            self.records.append(dict(self.sent[plain[1]], time=self.time_text(self.clock)))
            return
        if plain[0] == "again":
            act = json.loads(json.dumps(self.acts[plain[1]]))
            topic = options.pop("topic", act["authority"])
            origin = self.origin(topic, options)
            act.update(options)
            self.record("act", origin=origin, act=act, **stamp)
            return
        authority, kind = plain[0], plain[1]
        if kind == "refusal":
            refusal = {"reason": plain[2]}
            if "id" in options:
                refusal["actId"] = self.act_id(options.pop("id"))
            self.record("refusal", origin=self.origin(authority, options), refusal=refusal)
            return
        if kind not in KINDS:
            raise Wrong("line %d: unknown kind %s" % (number, kind))
        topic = options.pop("topic", authority)
        origin_options = {k: options.pop(k) for k in ("offset", "from", "otime") if k in options}
        self.count += 1
        act = {"actId": self.act_id(options.pop("id", label or "line %d" % self.count)), "authority": authority, "kind": kind,
               "effectiveOn": options.pop("e", self.today())}
        if "happened" in options:
            act["happenedOn"] = options.pop("happened")
        if "scheme" in options:
            act["scheme"] = options.pop("scheme")
        if "note" in options:
            act["note"] = self.long(options.pop("note"))
        decision = options.pop("decision", None)
        if decision is None and kind == "contact_updated":
            decision = "none"
        if decision != "none":
            act["decision"] = {"number": options.pop("number", "1/QĐ"), "issuedBy": "UBND", "issuedOn": decision or self.today()}
            if "sha" in options:
                act["decision"]["sha256"] = options.pop("sha")
        act["body"] = self.body(kind, plain[2:], options, act.get("scheme", "gov"))
        if label:
            self.acts[label] = act
        self.record("act", origin=self.origin(topic, origin_options), act=act, **stamp)
        if label:
            self.sent[label] = self.records[-1]

    def act_id(self, label):
        return label if re.fullmatch(r"[0-9a-fA-F-]{36}", label) else str(uuid.uuid5(SPACE, label))

    @staticmethod
    def long(text):
        """`x*500` is 500 times x."""
        match = re.fullmatch(r"(.)\*(\d+)", text)
        return match.group(1) * int(match.group(2)) if match else text

    def info(self, options, code=None, scheme="gov"):
        """Info fields from the options; with a code the name and the address are filled in."""
        info = {}
        if code is not None:
            info = {"name": "Tên " + code, "address": "1 Lê Lợi"}
            if scheme == "enterprise":
                info["type"] = "enterprise"
        for field in M.INFO_FIELDS:
            if field in options:
                value = self.long(options.pop(field))
                if value == "none":
                    info.pop(field, None)
                else:
                    info[field] = value
        return info

    def units(self, options, body):
        text = options.pop("units", None)
        if text == "keep":
            body["units"] = "keep"
        elif text is not None:
            body["units"] = []
            for item in [t for t in text.split(",") if t]:
                if ">" in item:
                    body["units"].append(dict(zip(("from", "to"), item.split(">"))))
                elif "=" in item:
                    body["units"].append(dict(zip(("from", "successor"), item.split("="))))
                else:
                    body["units"].append({"close": item})

    def body(self, kind, plain, options, scheme):
        flags = set(plain[1:])
        body = {}
        for flag in ("newBody", "continues", "withUnits", "amends"):
            if flag in flags:
                body[flag] = True
        if kind == "established":
            body.update(code=plain[0], info=self.info(options, plain[0], scheme))
        elif kind == "contact_updated":
            body["code"] = plain[0]
            clear = options.pop("clear", None)
            if options:
                body["set"] = self.info(options)
            if clear is not None:
                body["clear"] = clear.split(",")
        elif kind == "renamed":
            body["code"] = plain[0]
            if "new" in options:
                body["newCode"] = options.pop("new")
            self.units(options, body)
            body.update(self.info(options))
        elif kind == "recoded":
            body["cause"] = options.pop("cause", "renumbering")
            body["codes"] = [dict(zip(("from", "to"), p.split(">"))) for p in plain]
        elif kind == "merged":
            sources, into = plain[0].split(">")
            body.update(sources=[s for s in sources.split("+") if s], into={"code": into})
            self.units(options, body)
            if "info" in flags:
                body["into"]["info"] = self.info(options, into, scheme)
            elif options:
                body["into"]["info"] = self.info(options)
        elif kind == "split":
            source, results = plain[0].split(">")
            self.units(options, body)
            given = dict(options)
            options.clear()
            body.update(source=source, continues="continues" in flags,
                        results=[{"code": r, "info": self.info(dict(given), r, scheme)} for r in results.split("+") if r])
        elif kind == "dissolved":
            code, _, successors = plain[0].partition(">")
            body.update(code=code, successors=[s for s in successors.split("+") if s])
            self.units(options, body)
        elif kind == "closed":
            body["code"] = plain[0]
            if "reason" in options:
                body["reason"] = self.long(options.pop("reason"))
        elif kind == "corrected":
            clear, document = options.pop("clear", None), options.pop("setDecision", None)
            body.update(corrects=self.act_id(plain[0]), code=plain[1])
            if options:
                body["set"] = self.info(options)
            if clear is not None:
                body["clear"] = clear.split(",")
            if document:
                body["setDecision"] = {"number": "2/QĐ", "issuedBy": "UBND", "issuedOn": document}
        elif kind == "annulled":
            body.update(annuls=self.act_id(plain[0]), reason=plain[1] if len(plain) > 1 else "entryError")
        elif kind == "scheme_registered":
            body.update(scheme=plain[0], issuer=options.pop("issuer", "H26"), description=options.pop("description", "mô tả"),
                        grammar=self.grammar(options.pop("grammar", "[A-Z]{2,2}-[0-9]{1,3}")))
        if options:
            raise Wrong("not understood: %s" % options)
        return body

    @staticmethod
    def grammar(text):
        items = []
        for match in re.finditer(r"\[([^\]]+)\]\{(\d+),(\d+)\}|([^\[]+)", text):
            if match.group(4):
                items.append({"literal": match.group(4)})
            else:
                items.append({"class": match.group(1), "min": int(match.group(2)), "max": int(match.group(3))})
        return items


# ---- judging

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


def model_end(model):
    def end(key, day):
        state = model.fold(key, day) if key in model.by_key else None
        return compare.record_form(state)
    return end


def core_end(line):
    def end(key, day):
        if day is None:
            return compare.record_form((line.get("codes") or {}).get(key))
        found = None
        for start, record in compare.steps_of_rows(line["versions"].get(key, []), 1 << 62):
            if start <= day:
                found = record
        return found
    return end


def coverage(cases_seen, rules_seen, kinds_seen):
    """Every reason of reason.def in some expectation, every refusing rule also in an accepting case, every kind both ways."""
    missing = []
    with open(os.path.join(HERE, "..", "..", "common", "core", "reason.def"), encoding="utf-8") as file:
        slugs = re.findall(r'^X\(\w+, RULE_(\w+), "([a-z0-9-]+)"', file.read(), re.M)
    for rule, slug in slugs:
        if slug not in cases_seen and slug not in NOT_HERE:
            missing.append("no case with %s" % slug)
    for rule in M.RULES:
        if rule not in rules_seen["refused"]:
            missing.append("no case refused by %s" % rule)
        if rule not in rules_seen["accepted"]:
            missing.append("no accepting case named %s-n" % rule)
    for rule in "CONTACT DAYS30 DAYS7 LEGACY".split():
        if rule not in rules_seen["accepted"]:
            missing.append("no case named %s-n" % rule)
    for kind in KINDS:
        for verdict in ("accepted", "rejected"):
            if (kind, verdict) not in kinds_seen:
                missing.append("no case of %s %s" % (kind, verdict))
    return missing


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sim", default=os.environ.get("ORGCODE_SIM"))
    parser.add_argument("--stored", type=int, default=1, help="records that the driver decides before it stores")
    parser.add_argument("--model-only", action="store_true")
    parser.add_argument("--journal", action="store_true", help="print the journal of the cases that fail")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    states, cases = {}, []
    paths = sorted(glob.glob(os.path.join(HERE, "*.case")))
    for path in paths:
        found = read_file(path, states)
        if not options.files or any(os.path.samefile(path, f) for f in options.files):
            cases += found
    builders, failed = [], 0
    for case in cases:
        try:
            builders.append(Builder(case, states))
        except Exception as error:  # a case that cannot be read fails, the others go on
            builders.append(None)
            failed += 1
            print("FAIL %s: %s: %s" % (case.where(), type(error).__name__, error))
    answers = {}
    if options.sim and not options.model_only:
        ready = [b for b in builders if b]
        try:
            results = compare.run_driver(options.sim, [b.records for b in ready], options.stored)
        except OSError as error:
            print("cannot run %s: %s" % (options.sim, error))
            return 3
        answers = {id(b): r for b, r in zip(ready, results)}
    seen, rules, kinds = set(), {"refused": set(), "accepted": set()}, set()
    for case, builder in zip(cases, builders):
        if builder is None:
            continue
        problems = []
        if not case.core_only:
            lines, model = compare.run_model(builder.records)
            problems += ["model: " + p for p in Checker(case, builder, lines, model_end(model)).run()]
        if options.sim and not options.model_only:
            theirs = answers.get(id(builder))
            if theirs is None or not theirs[-1].get("end"):
                problems.append("core: died: %s" % (theirs[-1] if theirs else "no answer"))
            else:
                problems += ["core: " + p for p in Checker(case, builder, theirs, core_end(theirs[-1])).run()]
        if problems:
            failed += 1
            print("FAIL " + case.where())
            for problem in problems:
                print("    " + problem)
            if options.journal:
                print("\n".join(json.dumps(r, ensure_ascii=False) for r in builder.records))
        note_coverage(case, builder, seen, rules, kinds)
    if not options.files:
        for text in coverage(seen, rules, kinds):
            failed += 1
            print("FAIL coverage: " + text)
    print("%d cases, %d failed" % (len(cases), failed))
    return 1 if failed else 0


def note_coverage(case, builder, seen, rules, kinds):
    title_rule = case.title.split("-")[0].split(":")[0].split()[0]
    verdicts = set()
    for index, _, verb, text, words in builder.expected:
        if verb in ("verdict", "receipt"):
            words = words[1:] if verb == "receipt" else words
            if words[0] not in VERDICTS:
                continue
            for word in words[1:]:
                seen.update(w.lstrip("!") for w in word.split(","))
            if verb == "verdict":
                verdicts.add(words[0])
                record = builder.records[index]
                if record["kind"] == "act":
                    kinds.add((record["act"]["kind"], words[0]))
            if len(words) > 1 and words[1] in M.RULES:
                rules["refused"].add(words[1])
    if verdicts & {"accepted", "duplicate"} and not verdicts & {"rejected", "conflict"}:
        rules["accepted"].add(title_rule)


if __name__ == "__main__":
    sys.exit(main())
