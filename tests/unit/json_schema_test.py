#!/usr/bin/python3
"""The JSON Schemas agree with what is read and written, and the two hash chains are what contract.md says.

    json_schema_test.py <source folder> <codec_change_test> <codec_receipt_test>

The two test programs write what they encode to the file ORGCODE_TEST_OUT: one CloudEvent (structured mode) or receipt a line.
The validator knows the keywords that the schemas use, and no other: an unknown one is an error."""
import glob
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

IGNORED = {"$schema", "$id", "$defs", "title", "description", "default", "format"}
TYPES = {
    "object": lambda v: isinstance(v, dict), "array": lambda v: isinstance(v, list), "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool), "null": lambda v: v is None,
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
}


class Schema:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.root = json.load(file)

    def faults(self, value, schema=None, where=""):
        """A list of texts; empty: valid."""
        schema = self.root if schema is None else schema
        found = []
        for keyword, rule in schema.items():
            if keyword in IGNORED:
                continue
            found += getattr(self, "rule_" + keyword.strip("$"))(rule, value, where, schema)
        return found

    def rule_ref(self, rule, value, where, _):
        return self.faults(value, self.root["$defs"][rule.removeprefix("#/$defs/")], where)

    def rule_type(self, rule, value, where, _):
        kinds = rule if isinstance(rule, list) else [rule]
        return [] if any(TYPES[kind](value) for kind in kinds) else [f"{where}: not of type {rule}"]

    def rule_properties(self, rule, value, where, _):
        if not isinstance(value, dict):
            return []
        return [f for name, schema in rule.items() if name in value for f in self.faults(value[name], schema, f"{where}.{name}")]

    def rule_required(self, rule, value, where, _):
        return [f"{where}.{name}: missing" for name in rule if isinstance(value, dict) and name not in value]

    def rule_additionalProperties(self, rule, value, where, schema):
        assert rule is False
        return [f"{where}.{n}: unknown" for n in value if n not in schema["properties"]] if isinstance(value, dict) else []

    def rule_items(self, rule, value, where, _):
        return [f for i, v in enumerate(value) for f in self.faults(v, rule, f"{where}[{i}]")] if isinstance(value, list) else []

    def rule_oneOf(self, rule, value, where, _):
        tried = [self.faults(value, schema, where) for schema in rule]
        fitting = sum(not f for f in tried)
        return [] if fitting == 1 else [f"{where}: {fitting} of {len(rule)} forms fit: {min(tried, key=len)}"]

    def rule_enum(self, rule, value, where, _):
        return [] if value in rule else [f"{where}: not one of {rule}"]

    def rule_const(self, rule, value, where, _):
        return [] if value == rule else [f"{where}: not {rule}"]

    def rule_pattern(self, rule, value, where, _):
        return [f"{where}: not {rule}"] if isinstance(value, str) and not re.search(rule, value) else []

    def compare(self, value, wanted, fits, where):
        return [] if not isinstance(value, wanted) or fits else [f"{where}: out of bounds"]

    def rule_minLength(self, rule, value, where, _):
        return self.compare(value, str, isinstance(value, str) and len(value) >= rule, where)

    def rule_maxLength(self, rule, value, where, _):
        return self.compare(value, str, isinstance(value, str) and len(value) <= rule, where)

    def rule_minItems(self, rule, value, where, _):
        return self.compare(value, list, isinstance(value, list) and len(value) >= rule, where)

    def rule_maxItems(self, rule, value, where, _):
        return self.compare(value, list, isinstance(value, list) and len(value) <= rule, where)

    def rule_minimum(self, rule, value, where, _):
        return self.compare(value, int, isinstance(value, int) and value >= rule, where)

    def rule_maximum(self, rule, value, where, _):
        return self.compare(value, int, isinstance(value, int) and value <= rule, where)

    def rule_uniqueItems(self, rule, value, where, _):
        return self.compare(value, list, isinstance(value, list) and len(set(map(str, value))) == len(value), where)


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def change_hash(event):
    """contract.md, C-14, in ten lines."""
    event = dict(event)
    event.pop("source")
    event["data"] = dict(event["data"])
    previous = event["data"].pop("previousHash")
    event["data"].pop("hash")
    return hashlib.sha256(previous.encode() + canonical(event)).hexdigest()


def receipt_hash(receipt):
    receipt = dict(receipt)
    previous = receipt.pop("previousHash")
    receipt.pop("hash")
    for name in ("faults", "warnings"):
        receipt[name] = [{k: v for k, v in f.items() if k != "message"} for f in receipt[name]]
    return hashlib.sha256(previous.encode() + canonical(receipt)).hexdigest()


def written_by(program):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "out.jsonl")
        subprocess.run([program], check=True, env={**os.environ, "ORGCODE_TEST_OUT": path}, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]


def acts(source):
    for path in sorted(glob.glob(source + "/schemas/samples/*.jsonl")):
        if "wrong" not in path:
            with open(path, encoding="utf-8") as file:
                yield from ((f"{path}:{number}", json.loads(line)) for number, line in enumerate(file, 1) if line.strip())
    for path in sorted(glob.glob(source + "/tests/fuzz/corpus/json_act/act-*")):
        with open(path, encoding="utf-8") as file:
            yield path, json.load(file)


# Form alone makes these wrong.
WRONG = [
    {}, {"authority": "H26", "kind": "closed", "effectiveOn": "2025-07-01"},
    {"authority": "h26", "kind": "closed", "effectiveOn": "2025-07-01", "body": {"code": "H26.1"}},
    {"authority": "H26", "kind": "moved", "effectiveOn": "2025-07-01", "body": {"code": "H26.1"}},
    {"authority": "H26", "kind": "closed", "effectiveOn": "1/7/2025", "body": {"code": "H26.1"}},
    {"authority": "H26", "kind": "closed", "effectiveOn": "2025-07-01", "body": {"code": "H26.1", "units": "keep"}},
    {"authority": "H26", "kind": "closed", "effectiveOn": "2025-07-01", "body": {"code": "H26.1"}, "colour": "red"},
    {"authority": "H26", "kind": "renamed", "effectiveOn": "2025-07-01", "body": {"code": "H26.1", "units": [{"from": "H26.1.1"}]}},
    {"authority": "H26", "kind": "established", "effectiveOn": "2025-07-01", "body": {"code": "H26.1", "info": {"name": 5}}},
]


def main():
    source, change_test, receipt_test = sys.argv[1:]
    failed, count = [], {"acts": 0, "changes": 0, "receipts": 0}
    schema = {name: Schema(f"{source}/schemas/json/{name}.schema.json") for name in ("act", "change", "receipt")}
    for place, act in acts(source):
        count["acts"] += 1
        # what the examples of the tests leave empty is judged by the rules, not by the form of the bytes
        failed += [f"{place}: {f}" for f in schema["act"].faults(act) if "out of bounds" not in f or "samples" in place]
    failed += [f"taken: {act}" for act in WRONG if not schema["act"].faults(act)]
    for event in written_by(change_test):
        count["changes"] += 1
        failed += [f"change {event['id']}: {f}" for f in schema["change"].faults(event["data"])]
        if change_hash(event) != event["data"]["hash"]:
            failed.append(f"change {event['id']}: another hash")
    for receipt in written_by(receipt_test):
        count["receipts"] += 1
        failed += [f"receipt {receipt['number']}: {f}" for f in schema["receipt"].faults(receipt)]
        if receipt_hash(receipt) != receipt["hash"]:
            failed.append(f"receipt {receipt['number']}: another hash")
    failed += [f"no {name}" for name, seen in count.items() if seen == 0]
    print("\n".join(failed) or ", ".join(f"{seen} {name}" for name, seen in count.items()))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
