"""schemas/api/asyncapi.yaml: that it holds together, and messages compared with it. Used by tidy.py and tests/quickstart."""
import importlib.util
import json
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
API = ROOT / "schemas/api/asyncapi.yaml"
PREFIX = "orgcode"


def _module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


schemas = _module(ROOT / "tests/unit/json_schema_test.py")
avro = _module(ROOT / "tests/unit/fingerprint.py")


class Documents:
    """Files of schemas/, read once; a reference is `file#/pointer`, the file relative to the one that has the reference."""

    def __init__(self):
        self.files = {}

    def file(self, path):
        path = path.resolve()
        if path not in self.files:
            text = path.read_text(encoding="utf-8")
            self.files[path] = yaml.safe_load(text) if path.suffix == ".yaml" else json.loads(text)
        return self.files[path]

    def find(self, reference, base):
        """(what it points to, the file that has it); KeyError or OSError when there is no such thing."""
        name, _, pointer = reference.partition("#")
        path = base.parent / name if name else base
        node = self.file(path)
        for part in filter(None, pointer.split("/")):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        return node, path

    def follow(self, node, base):
        while isinstance(node, dict) and "$ref" in node:
            node, base = self.find(node["$ref"], base)
        return node, base


class Schema(schemas.Schema):
    """The validator of the JSON Schemas, over several files."""

    def __init__(self, documents, schema, base):
        self.documents, self.schema, self.base = documents, schema, base

    def check(self, value):
        return self.faults(value, self.schema)

    def rule_ref(self, rule, value, where, _):
        schema, base = self.documents.find(rule, self.base)
        return Schema(self.documents, schema, base).faults(value, schema, where)


class Api:
    def __init__(self):
        self.documents = Documents()
        self.root = self.documents.file(API)

    def references(self, node):
        for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from self.references(value)
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            yield node["$ref"]

    def channel(self, topic, prefix=PREFIX):
        """The channel of a topic's name, or None."""
        for channel in self.root["channels"].values():
            pattern = re.escape(channel["address"]).replace(r"\{authority\}", "([A-Z][0-9]{2}|ROOT)")
            if re.fullmatch(pattern.replace(PREFIX, re.escape(prefix), 1), topic):
                return channel
        return None

    def messages(self, channel):
        return {name: self.documents.follow(m, API)[0] for name, m in channel["messages"].items()}

    def faults(self, message, headers, key, payload):
        """What of a message does not fit. headers: a dict of texts; key: text or None; payload: parsed where it is JSON."""
        found = []
        if "headers" in message:
            found += [f"headers{f}" for f in Schema(self.documents, message["headers"], API).check(headers)]
        elif headers:
            found.append("headers: there are none in the API")
        key_schema = message.get("bindings", {}).get("kafka", {}).get("key")
        if key is not None:
            found += [f"key{f}" for f in Schema(self.documents, key_schema, API).check(key)] if key_schema else ["key: not in the API"]
        if payload is not None and "schemaFormat" not in message["payload"]:
            found += [f"payload{f}" for f in Schema(self.documents, message["payload"], API).check(payload)]
        return found


def example_faults(api, name, message, example, heads):
    """What an example says besides the forms: the frame of an act, the two chains."""
    wire = message.get("x-wire", {}).get(example["name"], {})
    found = api.faults(message, example.get("headers", {}), wire.get("key"), example.get("payload"))
    if "bytes" in wire and not wire["bytes"].startswith(heads):
        found.append("x-wire: bytes: not a frame of the present schema")
    if "json" in wire:
        found += [f"x-wire: json{f}" for f in schemas.Schema(str(ROOT / "schemas/json/act.schema.json")).faults(wire["json"])]
    if name == "receipt" and schemas.receipt_hash(example["payload"]) != example["payload"]["hash"]:
        found.append("the hash is another")
    if name == "change":
        event = {k[3:]: v for k, v in example["headers"].items() if k.startswith("ce_")}
        event.update(actindex=int(event["actindex"]), actcount=int(event["actcount"]), data=example["payload"],
                     datacontenttype=example["headers"]["content-type"])
        if schemas.change_hash(event) != example["payload"]["hash"]:
            found.append("the hash is another")
    return found


def problems():
    """Everything wrong with the document, as texts."""
    api = Api()
    found = []
    for reference in api.references(api.root):
        try:
            api.documents.find(reference, API)
        except (KeyError, TypeError, OSError):
            found.append(f"{reference} points nowhere")
    if found:
        return found
    schema = json.loads((ROOT / "schemas/avro/act.avsc").read_text(encoding="utf-8"))
    heads = "c301" + avro.fingerprint(avro.canonical(schema).encode()).to_bytes(8, "little").hex()
    used = set()
    for name, channel in api.root["channels"].items():
        for message in channel["messages"].values():
            used.add(message["$ref"].rpartition("/")[2])
        if "{authority}" in channel["address"] and "authority" not in channel.get("parameters", {}):
            found.append(f"channel {name}: the parameter authority is not said")
        if not any(o["channel"]["$ref"].endswith(f"/{name}") for o in api.root["operations"].values()):
            found.append(f"channel {name}: no operation")
    for name, message in api.root["components"]["messages"].items():
        if name not in used:
            found.append(f"message {name}: in no channel")
        for example in message.get("examples", []):
            found += [f"message {name}, example {example['name']}: {f}" for f in example_faults(api, name, message, example, heads)]
        if unknown := set(message.get("x-wire", {})) - {e["name"] for e in message.get("examples", [])}:
            found.append(f"message {name}: x-wire of no example: {', '.join(sorted(unknown))}")
        if not message.get("examples") and name != "control":
            found.append(f"message {name}: no example")
    if "read_committed" not in api.root["info"]["description"] or "Java" not in api.root["info"]["description"]:
        found.append("the isolation level is not explained")
    return found
