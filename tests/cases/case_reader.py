"""Cases as they stand in the files, and the journals that they tell."""
import datetime
import json
import os
import re
import shlex
import sys
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "sim"))
import model as M

SPACE = uuid.UUID("0d6f6b2e-4c5d-5e0a-9b53-0a2b7c1d4e5f")
KINDS = M.KINDS


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
