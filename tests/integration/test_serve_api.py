"""schemas/api/openapi.yaml against a real server: its examples, every answer's form, the documents, a linter, schemathesis."""

import importlib.util
import json
import random
import re
import subprocess
import sys
import urllib.parse
from collections import Counter
from pathlib import Path

import pytest
import yaml

from harness.packages import node_packages, venv
from harness.wait import SLOW

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/tidy"))
import asyncapi  # noqa: E402

API = yaml.safe_load((ROOT / "schemas/api/openapi.yaml").read_text())
OPERATIONS = [(path, method, operation) for path, item in API["paths"].items() for method, operation in item.items()]


def json_schema():
    spec = importlib.util.spec_from_file_location("json_schema_test", ROOT / "tests/unit/json_schema_test.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    class Schema(module.Schema):
        def __init__(self):
            self.schema = self.root = API

        def rule_ref(self, rule, value, where, _):
            return self.faults(value, API["components"]["schemas"][rule.rpartition("/")[2]], where)

        def rule_additionalProperties(self, rule, value, where, schema):
            others = {k: v for k, v in value.items() if k not in schema.get("properties", {})} if isinstance(value, dict) else {}
            return [f for k, v in others.items() for f in self.faults(v, rule, f"{where}.{k}")]

        def rule_anyOf(self, rule, value, where, _):
            return [] if any(not self.faults(value, part, where) for part in rule) else [f"{where}: none of anyOf"]

        def rule_examples(self, *_):
            return []

        def rule_allOf(self, rule, value, where, _):
            return [f for part in rule for f in self.faults(value, part, where)]
    return Schema()


def holds(found, expected, where="", loose=()):
    """What is expected stands in what was found; more may."""
    if isinstance(expected, dict):
        for name, value in expected.items():
            if name not in loose:
                holds(found[name], value, f"{where}.{name}", loose)
    elif isinstance(expected, list) and expected:
        assert len(found) >= len(expected), (where, found)
        for i, (a, b) in enumerate(zip(found, expected)):
            holds(a, b, f"{where}[{i}]", loose)
    else:  # an empty list is one
        assert found == expected, where


@pytest.mark.parametrize("path,method,operation", OPERATIONS, ids=lambda x: x if isinstance(x, str) else "")
def test_examples_are_answered(sample, path, method, operation):
    """As the document says, in the form that it says; every operation has one, and it says something."""
    replay = operation["x-replay"]
    assert replay["expect"]
    if path.endswith("/stream"):
        with sample.serve.stream(replay["target"]) as stream:
            assert stream.headers["content-type"] in operation["responses"]["200"]["content"]
            holds([stream.next() for _ in replay["expect"]], replay["expect"], path)
        return
    body = json.dumps(operation["requestBody"]["content"]["application/json"]["example"]) if method == "post" else None
    answer = sample.serve.request(method.upper(), replay["target"], {"Content-Type": "application/json"} if body else {}, body)
    assert answer.status == replay.get("status", 200), answer.text
    content = operation["responses"]["200"]["content"] if answer.status == 200 else API["components"]["responses"]["problem"]["content"]
    assert answer.headers["content-type"] in content
    if isinstance(replay["expect"], str):
        assert replay["expect"] in answer.text
        return
    holds(answer.json(), replay["expect"], path, replay.get("loose", ()))
    faults = json_schema().faults(answer.json(), content[answer.headers["content-type"]]["schema"])
    assert not faults, faults


def test_every_address_stands_in_the_document():
    """The table of routes, less the pages for people."""
    routes = re.findall(r'METHOD_(GET|POST), "([^"]*)", (\w+), \w+, "([^"]*)"', (ROOT / "consumers/serve/routes.c").read_text())
    served = {(m.lower(), "/" + p): set(names.split()) for m, p, handler, names in routes if not handler.startswith(("page_", "assets_"))}
    described = {}
    for path, method, operation in OPERATIONS:
        found = [API["components"]["parameters"][p["$ref"].rpartition("/")[2]] if "$ref" in p else p for p in operation.get("parameters", [])]
        described[method, re.sub(r"\{\w+\}", "{}", path)] = {p["name"] for p in found if p["in"] == "query"} - {"lang"}
    assert described == served


def test_problems_fit(sample):
    schema = {"$ref": "#/components/schemas/problem"}
    for target in ("/v1/organizations/H26.999", "/v1/organizations/H26.300", "/v1/none", "/v1/changes?after=x", "/v1/changes?limit=0", "/v1/schemes?x=1"):
        answer = sample.serve.get(target)
        assert answer.headers["content-type"] == "application/problem+json" and not json_schema().faults(answer.json(), schema), answer.text


def test_documents_are_served(sample):
    for name in ("openapi", "asyncapi"):
        assert sample.serve.get(f"/{name}.json").text == (ROOT / f"schemas/api/{name}.json").read_text()
    page = sample.serve.get("/docs")
    assert page.status == 200 and page.headers["content-type"].startswith("text/html")
    assert "`" not in page.text  # what a document marks as code is code
    for path, _, operation in OPERATIONS:
        assert page.text.count(f'"#{operation["operationId"]}">{path}</a>') == 1 and f'id="{operation["operationId"]}"' in page.text, path
    for channel in asyncapi.Api().root["channels"].values():
        assert f"<code>{channel['address']}</code>" in page.text, channel["address"]
    assert not re.search(r'(?:src|href)="https?://', page.text)


def test_events_of_a_stream_fit_the_document(sample):
    """Each event against its message in asyncapi.yaml, and what a change holds against its schema."""
    api = asyncapi.Api()
    messages = {m["name"].replace("streamChange", "change"): m for m in api.messages(api.root["channels"]["stream"]).values()}
    change = asyncapi.schemas.Schema(str(ROOT / "schemas/json/change.schema.json"))
    head, seen = sample.serve.get("/v1/changes").headers["feed-head"], {}
    for headers in ({"Last-Event-ID": f"01-{0:020}"}, {"Last-Event-ID": f"00-{0:020}"}):
        with sample.serve.stream(headers=headers) as stream:
            for event in stream.until(lambda e: e.get("event") == "reset" or e.get("id") == head):
                if "event" in event:
                    name = event["event"]
                    seen[name] = seen.get(name, 0) + 1
                    fields = {k: v for k, v in event.items() if k in ("event", "id")}
                    assert not api.faults(messages[name], fields, None, event["data"]), event
                    assert name != "change" or not change.faults(event["data"]["data"]), event
    assert seen["change"] == sample.registry.place()["sequence"] and seen["bookmark"] and seen["reset"], seen


@pytest.mark.noasan
def test_a_linter_finds_nothing():
    folder = node_packages(Path(__file__).parent / "data/spectral", "spectral")
    done = subprocess.run([folder / "node_modules/.bin/spectral", "lint", "--quiet", "--fail-severity=info", "--ruleset", folder / ".spectral.yaml",
                           *(ROOT / f"schemas/api/{name}.yaml" for name in ("openapi", "asyncapi"))],
                          capture_output=True, text=True, timeout=300 * SLOW)
    assert done.returncode == 0, done.stdout + done.stderr


def test_schemathesis(sample, tmp_path):
    """No 5xx, nothing undocumented, every answer in its form. What never ends is asked by the next test."""
    bin_folder = venv(Path(__file__).parent / "data/schemathesis.txt")
    done = subprocess.run([bin_folder / "schemathesis", "run", f"{sample.serve.url}/openapi.json", "--url", sample.serve.url,
                           "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
                           "--exclude-path", "/v1/changes/stream", "--phases", "examples,fuzzing", "--max-examples", "15" if SLOW == 1 else "6", "--seed", "1",
                           "--request-timeout", "20", "--no-color"], cwd=tmp_path, capture_output=True, text=True, timeout=300 * SLOW)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_streams_asked_for_anything(sample):
    """The same of the stream: 200 and an event, or a problem of those that there are."""
    draw, told = random.Random(1), Counter()
    head = sample.serve.get("/v1/changes").headers["feed-head"]
    some = {"after": ["", "x", head, f"01-{0:020}", f"02-{0:020}", f"01-{10**19:020}", f"01-{10**9:020}", "01-1", "\u202e", "-1"],
            "subject": ["", "H26", "prefix:", "prefix:H26.", "prefix", "\u00e0", "H" * 500, "'--", "%"], "authority": ["", "ROOT", "H26", "H26.1", "h26", "\U0001f600"],
            "type": ["", "x", "vn.gov.orgcode.organization.merged.v1", "vn.gov.orgcode.organization.merged.v2"],
            "since": ["", "2020-01-01", "2020-02-30", "9999-12-31", "2025-07-01T00:00:00+07:00", "2025-07-01T00:00:00", "0"], "lang": ["vi", "en", "fr", ""], "more": [""]}
    for _ in range(200):
        names = draw.sample(list(some), draw.randint(0, 4))
        query = [(name, draw.choice(some[name])) for name in names] + ([(names[0], "x")] if names and draw.random() < 0.1 else [])
        headers = {"Last-Event-ID": urllib.parse.quote(draw.choice(some["after"]))} if draw.random() < 0.3 else {}
        with sample.serve.stream("/v1/changes/stream?" + urllib.parse.urlencode(query), headers=headers) as stream:
            told[stream.status] += 1
            if stream.status == 200:
                assert stream.headers["content-type"] == "text/event-stream" and stream.next()["event"] in ("bookmark", "reset"), (query, headers)
            else:
                problem = json.loads(stream.response.read())
                assert stream.status in (400, 409) and not json_schema().faults(problem, {"$ref": "#/components/schemas/problem"}), (query, headers, problem)
    assert set(told) == {200, 400, 409}, told
