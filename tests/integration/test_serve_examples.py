"""The client examples of consumers/serve/examples, each built as its folder says and run against a real server."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.packages import node_packages, venv
from harness.program import BUILD
from harness.serve import Serve
from harness.wait import SLOW, wait_until

EXAMPLES = Path(__file__).resolve().parents[2] / "consumers/serve/examples"


def client_curl(folder, base, last):
    subprocess.run([EXAMPLES / "curl/follow.sh", base, folder / "copy", last], check=True, timeout=120 * SLOW)
    return {"id": (folder / "copy/id").read_text().strip(),
            "records": {r["code"]: r for r in (json.loads(p.read_text()) for p in (folder / "copy/records").iterdir())}}


def client_of(*command):
    def run(folder, base, last):
        subprocess.run([*command, base, folder / "copy.json", last], check=True, timeout=120 * SLOW)
        return json.loads((folder / "copy.json").read_text())
    return run


def client_python():
    return client_of(venv(EXAMPLES / "python/requirements.txt") / "python", EXAMPLES / "python/follow.py")


def client_javascript():
    return client_of("node", node_packages(EXAMPLES / "javascript", "example") / "follow.js")


def client_go():
    program = BUILD / "example-go"
    subprocess.run(["go", "build", "-o", program, "."], cwd=EXAMPLES / "go", check=True, timeout=300 * SLOW)
    return client_of(program)


def client_java():
    folder = BUILD / "example-java"
    shutil.copytree(EXAMPLES / "java", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("target"))
    subprocess.run(["mvn", "-q", "-B", "compile", "dependency:copy-dependencies", "-DoutputDirectory=target/lib"], cwd=folder, check=True, timeout=300 * SLOW)
    return client_of("java", "-cp", f"{folder}/target/classes:{folder}/target/lib/*", "Follow")


@pytest.mark.noasan
@pytest.mark.parametrize("language", ["curl", "python", "javascript", "go", "java"])
def test_an_example_holds_the_directory(registry, language, tmp_path):
    """Begun with the snapshot, stopped, and begun again where it was: every record is the directory's."""
    run = {"curl": lambda: client_curl, "python": client_python, "javascript": client_javascript, "go": client_go, "java": client_java}[language]()
    registry.start_all()
    registry.publish([registry.established("H26", "ROOT"), registry.established("H26.01"), registry.established("H26.02")], "--wait", check=True)
    serve = Serve(registry, "--snapshots", registry.folder / "snapshots")
    wait_until(lambda: serve.get("/v1/snapshots/latest").status == 200, 30, "a snapshot")
    for step in ([registry.established("H26.03")], [registry.act("closed", {"code": "H26.01"}), registry.established("H26.04")]):
        registry.publish(step, "--wait", check=True)
        head = serve.get("/v1/changes").headers["feed-head"]
        copy = run(tmp_path, serve.url, head)
        assert copy["id"] == head
        assert copy["records"] == {r["code"]: r for r in serve.ask("/v1/organizations")["organizations"]}
