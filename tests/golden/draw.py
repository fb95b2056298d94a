#!/usr/bin/python3
"""Makes the stored journals (README.md) that are not there yet; those that are there are never written again."""

import argparse
import gzip
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/sim"))

import journal_gen  # noqa: E402
import model as second  # noqa: E402

RANDOM = (11, 23, 42, 105, 218)  # seeds
LENGTH = 250
DAY = 86400000


def sample():
    """The steps of schemas/samples, published one act a second, an hour and a few days apart, then the days that acts wait for."""
    clock = second.parse_time("2025-07-05T08:00:00.000+07:00")
    offsets = {}
    records = [{"kind": "genesis", "time": journal_gen.time_text(clock), "registryId": "6b1f4a52-9d0e-4c55-8e36-000000000001", "epoch": 1,
                "mode": "scripted"}]
    steps = json.loads((ROOT / "schemas/samples/expected.json").read_text())["steps"]
    for step in steps:
        if step["file"].startswith("90"):  # some of it is nothing that could be framed
            continue
        for line in (ROOT / "schemas/samples" / step["file"]).read_text().splitlines():
            act = json.loads(line)
            clock += 1000
            offset = offsets[act["authority"]] = offsets.get(act["authority"], -1) + 1
            at = journal_gen.time_text(clock)
            records.append({"kind": "act", "time": at, "stamp": journal_gen.time_text(clock - 5), "act": act, "origin": {
                "topic": f"orgcode.acts.{act['authority']}", "partition": 0, "from": offset, "offset": offset, "time": at}})
        clock += 3600000 if step["file"].startswith("0") else DAY
    for day in ("2025-09-01", "2025-10-01", "2030-01-01"):
        records.append({"kind": "tick", "time": f"{day}T00:00:00.500+07:00"})
    return records


def store(sim, name, records):
    path = HERE / f"{name}.jsonl.gz"
    if path.exists():
        return
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    done = subprocess.run([sim, "--frames"], input=lines.encode(), capture_output=True, check=True)
    path.write_bytes(gzip.compress(done.stdout, 9, mtime=0))
    print(path.name, len(records), "records,", path.stat().st_size, "bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sim", required=True, help="orgcode-sim of the build tree")
    options = parser.parse_args()
    store(options.sim, "sample", sample())
    for seed in RANDOM:
        store(options.sim, f"random-{seed}", journal_gen.journal(seed, LENGTH))


main()
