"""The documents on a running quick start: their commands run, and the topics are what schemas/api says.

These tests publish acts of their own, so they run behind those that compare with the sample (conftest.py sees to that).
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/tidy"))

import asyncapi  # noqa: E402
import docs  # noqa: E402

DOCUMENTS = [p for p in sorted(ROOT.rglob("*.md")) if p.relative_to(ROOT).parts[0] not in ("build", ".run")]
RUN = [p for p in DOCUMENTS if any(b.script for b in docs.blocks(p))]


def test_there_are_commands():
    assert {"README.md", "deploy/README.md", "producers/README.md"} <= {str(p.relative_to(ROOT)) for p in RUN}


@pytest.mark.parametrize("document", RUN, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_commands_of(document, checkout, tmp_path):
    """Block by block in one shell, in a folder that looks like the checkout; files of examples are beside it."""
    for entry in checkout.folder.iterdir():
        (tmp_path / entry.name).symlink_to(entry)
    for source in DOCUMENTS:  # an example may stand in another document
        for block in docs.blocks(source):
            if block.file:
                (tmp_path / block.file).write_text(block.text)
    script = ['eval "$(deploy/quickstart env)"', *(block.script for block in docs.blocks(document) if block.script)]
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", "\n".join(script)], cwd=tmp_path, env={**checkout.env, "PAGER": "cat"},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-4000:]


def records(checkout, topic):
    out = checkout.shell(f'kcat -C -q -e -J -b "$ORGCODE_BOOTSTRAP" -t {topic} -o beginning </dev/null', errors="replace")
    return [json.loads(line, strict=False) for line in out.split("\n") if line]


def test_the_topics_are_those_of_the_api(checkout):
    api = asyncapi.Api()
    found = json.loads(checkout.shell('kcat -L -J -b "$ORGCODE_BOOTSTRAP" </dev/null'))
    topics = {t["topic"]: len(t["partitions"]) for t in found["topics"] if t["topic"].startswith("orgcode.")}
    missing = [c["address"] for c in api.root["channels"].values()  # those of HTTP begin with a slash
               if c["address"][0] != "/" and not any(api.channel(t) is c for t in topics)]
    assert not missing
    for topic, partitions in topics.items():
        assert api.channel(topic), f"{topic} is not in the API"
        assert partitions == api.documents.follow(api.channel(topic)["bindings"], asyncapi.API)[0]["kafka"]["partitions"], topic


@pytest.mark.parametrize("topic", ["changes", "state", "receipts.H26", "notify.place", "notify.receipts", "journal", "rejected"])
def test_every_message_fits_the_api(topic, checkout):
    api = asyncapi.Api()
    messages = api.messages(api.channel(f"orgcode.{topic}"))
    found = records(checkout, f"orgcode.{topic}")
    assert found or topic == "rejected"
    for record in found:
        pairs = record.get("headers") or []
        headers = dict(zip(pairs[::2], pairs[1::2]))
        kind = {"act": "journalAct"}.get(headers.get("oc-kind"), headers.get("oc-kind"))
        message = messages[kind] if topic == "journal" else next(iter(messages.values()))
        payload = None
        if message["contentType"] == "application/json":
            payload = json.loads(record["payload"])
        key = record.get("key")
        faults = api.faults(message, headers, key, payload)
        assert not faults, f"{topic}, offset {record['offset']}: {faults}"
