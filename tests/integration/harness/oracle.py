"""What must have come of a journal: the simulator's second model reads it again, and everything told is held against that."""

import hashlib
import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "sim"))

import compare  # noqa: E402
import journal_gen  # noqa: E402
import model as second  # noqa: E402

INFO = {"name": "name", "nameEn": "name_en", "shortName": "short_name", "address": "address", "email": "email", "phone": "phone",
        "fax": "fax", "website": "website", "legacyCode": "legacy_code"}
DECISION = {"number": "decision_number", "issuedBy": "decision_by", "issuedOn": "decision_on", "title": "decision_title",
            "uri": "decision_uri", "sha256": "decision_sha256"}
ATTRIBUTES = ("specversion", "id", "type", "subject", "partitionkey", "time", "recordedtime", "sequence", "subjectversion",
              "correlationid", "dataschema")


def canonical(value):
    """RFC 8785, for values without fractions and with ASCII names, as ours are."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def text(header):
    return header.decode() if header is not None else None


class Oracle:
    """check() reads everything; act_of: the act (a dict) of each frame that was published."""

    def __init__(self, registry, act_of):
        self.registry, self.act_of = registry, act_of
        self.messages = registry.read("journal", timeout=60)
        self.records = [self._record(m) for m in self.messages]
        # for tests/sim/compare.py --journal, when something differs
        (registry.folder / "journal.jsonl").write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in self.records))
        self.model = second.Model()
        self.lines = [self.model.feed(record) for record in self.records]

    def _record(self, m):
        """A journal record in the form of tests/sim/README.md."""
        head = {k: text(v) for k, v in m.headers.items()}
        kind = head.get("oc-kind")
        record = {"kind": kind if kind in ("genesis", "act", "refusal", "tick", "control") else "foreign",
                  "time": journal_gen.time_text(m.timestamp)}
        if record["kind"] == "foreign":
            return record
        record["stamp"] = journal_gen.time_text(int(head["oc-stamp"]))
        if kind in ("act", "refusal"):
            record["origin"] = {"topic": head["oc-topic"].replace(f"{self.registry.prefix}.", "orgcode.", 1),
                                "partition": int(head["oc-partition"]), "from": int(head["oc-from"]),
                                "offset": int(head["oc-offset"]), "time": journal_gen.time_text(int(head["oc-time"]))}
        if kind == "act":
            assert m.value in self.act_of, f"journal record {m.offset}: bytes that nobody published"
            record["act"] = self.act_of[m.value]
        elif kind == "refusal":
            record["refusal"] = json.loads(m.value)
        elif kind in ("genesis", "control"):
            record.update(json.loads(m.value))
        return record

    def check(self, sent=None):
        """AssertionError at the first difference; returns counts. sent: {authority: the bytes published, in order}."""
        assert not any(line.get("stop") for line in self.lines)
        self.check_origins(sent)
        self.check_receipts()
        self.check_changes()
        self.check_directory()
        self.check_state()
        verdicts = {}
        for line in self.lines:
            for receipt in line["receipts"]:
                verdicts[receipt["verdict"]] = verdicts.get(receipt["verdict"], 0) + 1
        return {"records": len(self.records), "repeats": sum(1 for line in self.lines if line.get("repeat")),
                "gaps": sum(1 for line in self.lines if line.get("gap")), "changes": self.model.sequence, **verdicts}

    # ---- counting

    def tally(self):
        """How many acts, changes and receipts were lost, are there twice, stand behind a later one. check() says where."""
        counts = {"lost": 0, "double": 0, "out of order": 0}

        def count(found, wanted):
            counts["lost"] += len(set(wanted) - set(found))
            counts["double"] += len(found) - len(set(found))
            counts["out of order"] += sum(1 for before, after in zip(found, found[1:]) if after < before)
        for authority in self.registry.acts_ends():
            count([r["origin"]["offset"] for r in self._taken(authority)],
                  [m.offset for m in self.registry.read(f"acts.{authority}", timeout=60)])
        count([int(m.headers["ce_sequence"]) for m in self.registry.read("changes", timeout=60)], range(1, self.model.sequence + 1))
        head = f"{self.registry.prefix}.receipts."
        told = []
        for name in self.registry.kafka.topics(head):
            numbers = [int(m.headers["oc-number"]) for m in self.registry.kafka.read(name, timeout=60)]
            count(numbers, ())
            told += set(numbers)
        count(sorted(told), [n + 1 for n in range(sum(len(line["receipts"]) for line in self.lines))])
        return counts

    def _taken(self, authority):
        topic = f"orgcode.acts.{authority}"
        return [record for record, line in zip(self.records, self.lines) if record.get("origin", {}).get("topic") == topic
                and not line.get("repeat") and not line.get("gap")]

    # ---- the journal against the acts topics

    def check_origins(self, sent):
        """Every record of an acts topic is taken once, in order, with its own bytes; the rest are known as repeats or gaps."""
        taken = {}
        for m, record, line in zip(self.messages, self.records, self.lines):
            if "origin" in record and not line.get("repeat") and not line.get("gap"):
                taken.setdefault(text(m.headers["oc-topic"]).rpartition(".")[2], []).append((m, record))
        for authority in self.registry.acts_ends():
            topic = self.registry.read(f"acts.{authority}", timeout=60)
            if sent is not None:
                assert [m.value or b"" for m in topic] == sent[authority], f"{authority}: the topic does not hold what was sent"
            pairs = taken.pop(authority, [])
            assert [r["origin"]["offset"] for _, r in pairs] == [m.offset for m in topic], f"{authority}: lost, double or out of order"
            place = 0
            for origin, (m, record) in zip(topic, pairs):
                assert record["origin"]["from"] == place, f"{authority}: {record['origin']} does not begin at {place}"
                place = origin.offset + 1
                assert int(m.headers["oc-time"]) == origin.timestamp
                if record["kind"] == "act":
                    assert m.value == origin.value, f"{authority}: other bytes at {origin.offset}"
                else:
                    assert record["refusal"]["sha256"] == hashlib.sha256(origin.value or b"").hexdigest()
        assert not taken, f"from topics that are not there: {list(taken)}"

    # ---- receipts

    def _told_receipts(self):
        head = f"{self.registry.prefix}.receipts."
        told = []
        for name in self.registry.kafka.topics(head):
            numbers = []
            for m in self.registry.kafka.read(name, timeout=60):
                receipt = json.loads(m.value)
                assert m.value == canonical(receipt), f"not canonical: {m.value}"
                assert int(m.headers["oc-number"]) == receipt["number"] and text(m.headers["oc-verdict"]) == receipt["verdict"]
                assert text(m.key) == receipt.get("actId"), receipt
                numbers.append(receipt["number"])
                told.append({**receipt, "authority": name[len(head):]})
            assert numbers == sorted(set(numbers)), f"{name}: not in order, or one twice: {numbers}"
        told.sort(key=lambda r: r["number"])
        return told

    def check_receipts(self, origins=True):
        """origins: of an acts topic that was made anew not every record is there any more."""
        told, previous = self._told_receipts(), "0" * 64
        wanted = [(number, receipt) for number, line in enumerate(self.lines) for receipt in line["receipts"]]
        assert [r["number"] for r in told] == list(range(1, len(wanted) + 1)), "receipts lost or told twice"
        for receipt, (number, ours) in zip(told, wanted):
            sequences = receipt.get("sequences", {})
            theirs = {"authority": receipt["authority"], "actId": receipt.get("actId"), "verdict": receipt["verdict"],
                      "rule": receipt.get("rule", ""), "faults": [f["reason"] for f in receipt["faults"]],
                      "warnings": [w["reason"] for w in receipt["warnings"]], "first": sequences.get("first", 0),
                      "last": sequences.get("last", 0)}
            a, b = (compare.line_form({"receipts": [r]}, True)["receipts"] for r in (ours, theirs))
            assert a == b, f"receipt {receipt['number']} of journal record {number}: model {a}, told {b}"
            plain = {k: v for k, v in receipt.items() if k not in ("hash", "previousHash", "authority")}
            for key in ("faults", "warnings"):
                plain[key] = [{k: v for k, v in item.items() if k != "message"} for item in plain[key]]
            assert receipt["previousHash"] == previous, f"receipt {receipt['number']}"
            previous = hashlib.sha256(previous.encode() + canonical(plain)).hexdigest()
            assert receipt["hash"] == previous, f"receipt {receipt['number']}"
        self.check_place("receipt", len(told), "receipt_head", previous)
        if not origins:
            return
        places = [(r["origin"]["topic"], r["origin"]["offset"]) for r in told if "origin" in r]
        topics = [f"acts.{authority}" for authority in self.registry.acts_ends()]
        assert sorted(places) == sorted((m.topic, m.offset) for topic in topics for m in self.registry.read(topic, timeout=60)), \
            "not one receipt for each record of the acts topics"

    def check_place(self, name, number, head_name, head):
        place = self.registry.place()
        assert place[name] == number and (place[head_name] or "0" * 64) == head, place
        assert place["time_ms"] == self.model.time

    # ---- changes

    def check_changes(self):
        previous, count = "0" * 64, 0
        wanted = [(number, change) for number, line in enumerate(self.lines) for change in line["changes"]]
        stored = dict(self.registry.sql("select sequence, data from orgcode.change"))
        messages = self.registry.read("changes", timeout=60)
        assert [int(m.headers["ce_sequence"]) for m in messages] == list(range(1, len(wanted) + 1)), "changes lost, double, or out of order"
        assert len({m.headers["ce_id"] for m in messages}) == len(messages)
        for m, (number, ours) in zip(messages, wanted):
            head, data = {k: text(v) for k, v in m.headers.items()}, json.loads(m.value)
            count += 1
            where = f"change {count} of journal record {number}"
            theirs = {"sequence": count, "type": head["ce_type"].removeprefix("vn.gov.orgcode.").removesuffix(".v1"),
                      "subject": head["ce_subject"], "version": int(head["ce_subjectversion"]), "periods": len(data["periods"])}
            if "periods" not in ours or head["ce_subject"].startswith("scheme:"):
                theirs["periods"] = ours.get("periods")
            assert theirs == {k: ours.get(k) for k in theirs}, where
            assert m.value == canonical(data) == stored[count].encode() and text(m.key) == head["ce_subject"], where
            event = {name: head[f"ce_{name}"] for name in ATTRIBUTES}
            event.update(actindex=int(head["ce_actindex"]), actcount=int(head["ce_actcount"]), datacontenttype=head["content-type"])
            event["data"] = {k: v for k, v in data.items() if k not in ("hash", "previousHash")}
            assert data["previousHash"] == previous, where
            previous = hashlib.sha256(previous.encode() + canonical(event)).hexdigest()
            assert data["hash"] == previous, where
        assert len(stored) == count
        self.check_place("sequence", count, "change_head", previous)

    # ---- the directory

    @staticmethod
    def _row_record(row):
        """A row of code or code_version as a record in the model's form; None for one that is only named."""
        if row["status"] == 0:
            return None

        def day(value):
            return value.isoformat() if value is not None else None

        def edges(items):
            return [[item[:10], item[11:], item[10] == "+"] for item in items or []]
        decision = {k: row[c] for k, c in DECISION.items() if row[c] is not None}
        if "issuedOn" in decision:
            decision["issuedOn"] = day(decision["issuedOn"])
        return {"status": {1: "open", 2: "closed"}[row["status"]], "organizationId": row["organization_id"],
                "issuedOn": day(row["issued_on"]), "closedOn": day(row["closed_on"]), "type": row["type"],
                "info": {k: row[c] for k, c in INFO.items() if row[c] is not None}, "lastDecision": decision or None,
                "successors": edges(row["successors"]), "predecessors": edges(row["predecessors"])}

    def _rows(self, table, more):
        names = ["code", "version", "status", "organization_id::text", "issued_on", "closed_on", "type", "successors", "predecessors",
                 *INFO.values(), *DECISION.values(), *more]
        rows = self.registry.sql(f"select {', '.join(names)} from orgcode.{table}")
        return [dict(zip([n.partition("::")[0] for n in names], row)) for row in rows]

    def check_directory(self):
        """The table of codes, and what history says of each code as known after each of its changes."""
        end = self.model.end()
        codes = {row["code"]: row for row in self._rows("code", []) if row["status"] != 0}
        assert set(codes) == set(end["codes"]), set(codes) ^ set(end["codes"])
        for key, ours in end["codes"].items():
            a, b = compare.record_form(ours), compare.record_form(self._row_record(codes[key]))
            assert a == b and ours["version"] == codes[key]["version"], f"{key}\nmodel {a}\ntable {b}"
        versions = {}
        for row in self._rows("code_version", ["sequence", "valid_from"]):
            versions.setdefault(row["code"], []).append((row["sequence"], row["valid_from"].isoformat(), self._row_record(row)))
        for key, history in end["history"].items():
            for sequence, steps in history:
                a, b = compare.steps_form(steps), compare.steps_of_rows(sorted(versions[key], key=lambda r: r[:2]), sequence)
                assert a == b, f"{key} as known at {sequence}\nmodel {a}\ntable {b}"

    def check_state(self):
        """The compacted topic: the latest record of every code ever granted."""
        latest = {text(m.key): json.loads(m.value) for m in self.registry.read("state", timeout=60)}
        codes = self.model.end()["codes"]
        subjects = {key for key in latest if not key.startswith("scheme:")}
        assert subjects == set(codes), subjects ^ set(codes)
        for key, ours in codes.items():
            a, b = compare.record_form(ours), compare.record_form(latest[key])
            assert a == b and ours["version"] == latest[key]["version"], f"{key}\nmodel {a}\nstate {b}"
