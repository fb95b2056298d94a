#!/usr/bin/python3
"""Stored journals and what they must give for ever (README.md): run over the registry in memory, in several batch sizes and
environments, and compared with digests.txt."""

import argparse
import gzip
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DIGESTS = HERE / "digests.txt"
BATCHES = ("1", "7", "1000")


def journals():
    return sorted(HERE.glob("*.jsonl.gz"))


def name_of(path):
    return path.name.removesuffix(".jsonl.gz")


def read(path):
    return gzip.decompress(path.read_bytes())


def foreign_environment(folder):
    """Another zone, and a locale that sorts and writes numbers otherwise, made here when the machine has its sources."""
    made = subprocess.run(["localedef", "-i", "vi_VN", "-f", "UTF-8", str(Path(folder) / "vi_VN.UTF-8")], capture_output=True)
    found = made.returncode == 0 or b"vi_VN" in subprocess.run(["locale", "-a"], capture_output=True).stdout
    env = {**os.environ, "TZ": "America/New_York", "LC_ALL": "vi_VN.UTF-8" if found else "C"}
    if made.returncode == 0:
        env["LOCPATH"] = str(folder)
    return env


def in_memory(sim, journal, batch="1", env=None):
    """{what: digest} of one journal."""
    done = subprocess.run([sim, "--texts", "--batch", batch], input=journal, capture_output=True, env=env, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    lines = done.stdout.splitlines()
    heads, counts = {"changes": "0" * 64, "receipts": "0" * 64}, {"changes": 0, "receipts": 0}
    for line in map(json.loads, lines[:-1]):
        assert "stop" not in line, line
        for kind in heads:
            counts[kind] += len(line[kind])
            heads[kind] = line[kind][-1]["hash"] if line[kind] else heads[kind]
    return {"records": len(lines) - 1, **{f"{kind} {counts[kind]}": head for kind, head in heads.items()},
            "state": hashlib.sha256(lines[-1]).hexdigest()}


def parse():
    """digests.txt as {journal: {what: digest}}."""
    out = {}
    for line in DIGESTS.read_text().splitlines():
        if line and not line.startswith("#"):
            name, _, rest = line.partition(": ")
            what, _, digest = rest.rpartition(" ")
            out.setdefault(name, {})[what] = digest
    return out


def text(digests):
    lines = ["# Made by the command that README.md names. A line that changes is a broken promise, unless README.md says why."]
    for name, items in sorted(digests.items()):
        lines += [f"{name}: {what} {digest}" for what, digest in items.items()]
    return "\n".join(lines) + "\n"


def difference(name, want, got, how):
    """None, or the first difference in words."""
    for what in sorted(want.keys() | got.keys()):
        if str(want.get(what)) != str(got.get(what)):
            return f"{name}, {how}: {what}: {want.get(what)} is stored, {got.get(what)} came out"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sim", required=True, help="orgcode-sim of the build tree")
    options = parser.parse_args()
    golden, bad = parse(), []
    with tempfile.TemporaryDirectory() as folder:
        foreign = foreign_environment(folder)
        for path in journals():
            name = name_of(path)
            want = {k: v for k, v in golden.get(name, {}).items() if k != "tables"}
            for batch in BATCHES:
                for env in (None, foreign) if batch == "7" else (None,):
                    how = f"batches of {batch}" + (f", {env['LC_ALL']}, {env['TZ']}" if env else "")
                    bad.append(difference(name, want, in_memory(options.sim, read(path), batch, env), how))
    bad = [b for b in bad if b]
    print("\n".join(bad) or f"{len(journals())} journals give what they gave")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
