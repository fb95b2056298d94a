"""The sample, published step by step through all programs, against its golden file."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "schemas/samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text())
WRONG = [line.split("\t") for line in (SAMPLES / "90-wrong.expected").read_text().splitlines() if not line.startswith("#")]


def lines_of(name):
    return [json.loads(line) for line in (SAMPLES / name).read_text().splitlines()]


@pytest.fixture
def registry(make_registry):
    names = {a["authority"] for step in EXPECTED["steps"] for a in lines_of(step["file"])}
    return make_registry(authorities=sorted(names)).start_all()


def test_the_files_are_what_the_script_writes():
    subprocess.run([sys.executable, SAMPLES / "make_sample.py", "--check"], check=True)


def test_wrong_acts_offline(make_registry):
    """Those that publish can judge itself are refused by it, with the rule and the reason; the others pass."""
    registry = make_registry(authorities=("ROOT",), migrate=False)
    done = registry.run("publish", "--check", "--json", SAMPLES / "90-wrong.jsonl")
    assert done.returncode == 1
    refused = {o["line"]: o for o in map(json.loads, done.stdout.splitlines()) if o.get("result") == "refused"}
    wanted = {int(n): (rule, reason) for n, where, verdict, rule, reason in WRONG if where == "publish"}
    assert {n: (o["rule"], o["faults"][0]["reason"]) for n, o in refused.items()} == wanted


def test_the_sample(registry):
    for step in EXPECTED["steps"]:
        unchecked = ["--no-check"] if step.get("unchecked") else []
        done = registry.run("publish", "--wait", "--wait-timeout", "60s", "--json", *unchecked, SAMPLES / step["file"])
        out = [json.loads(line) for line in done.stdout.splitlines()]
        summary = out[-1]["summary"]
        assert summary.get("verdicts") == step["verdicts"], f"{step}\n{done.stdout[-3000:]}\n{done.stderr}\n{registry.tails()}"
        assert done.returncode == (1 if unchecked else 0), done.stderr
        assert summary["acts"] == step["acts"] and summary["refused"] == 0
        if unchecked:
            got = {o["line"]: (o["result"], o["receipt"]["rule"], o["receipt"]["faults"][0]["reason"]) for o in out[:-1]}
            assert got == {int(n): (verdict, rule, reason) for n, where, verdict, rule, reason in WRONG}
    registry.wait_all()
    assert Counter(r["verdict"] for r in registry.receipts()) == EXPECTED["receipts"]
    changes = registry.changes()
    assert len(changes) == EXPECTED["changes"]
    assert Counter(c["type"] for c in changes) == EXPECTED["changeTypes"]
    latest = {m.key.decode(): json.loads(m.value) for m in registry.read("state")}
    closed = sorted(k for k, record in latest.items() if record["status"] == "closed")
    assert closed == EXPECTED["closed"]
    assert len(latest) == EXPECTED["codes"]["granted"]
