"""The sample of schemas/samples in a registry, behind orgcode-serve."""

import json
from pathlib import Path

from .serve import Serve
from .wait import wait_until

SAMPLES = Path(__file__).resolve().parents[3] / "schemas/samples"
FILES = ("01-root-established", "02-lower", "03-before-the-mergers", "04-root-2025", "05-after-the-mergers")


def acts_of(name):
    return [json.loads(line) for line in (SAMPLES / f"{name}.jsonl").read_text().splitlines()]


def sample_authorities():
    return sorted({act["authority"] for name in FILES for act in acts_of(name)})


class SampleRegistry:
    def __init__(self, registry):
        self.registry = registry
        registry.start_all()
        for name in FILES:
            registry.publish(SAMPLES / f"{name}.jsonl", "--wait", check=True)
        registry.wait_all()
        self.snapshots = registry.folder / "snapshots"
        self.serve = Serve(registry, "--index", "--snapshots", self.snapshots)
        self.wait()

    def wait(self):
        wait_until(self._ready, 60, lambda: f"index and snapshot of the sample\n{self.serve.program.tail()}")
        return self

    def _ready(self):
        indexed = self.registry.value("select sequence from orgcode_ops.entry_place")
        return indexed == self.registry.place()["sequence"] and self.serve.get("/v1/snapshots/latest", format="json").status == 200
