#!/usr/bin/python3
"""Random journals with a control record that puts version 2 of the law in force, through the program that knows it and through
the one that does not: the part before the record gives the same bytes, whatever comes behind it."""

import argparse
import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sim"))

import journal_gen  # noqa: E402


def run(program, journal, *options):
    """The lines that came out, one for each record and one for the end."""
    done = subprocess.run([program, "--texts", *options], input="".join(json.dumps(r) + "\n" for r in journal), text=True,
                          capture_output=True, check=True, timeout=120)
    return done.stdout.splitlines()


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def same(a, b, what, seed):
    for i, (x, y) in enumerate(zip(a, b)):
        if x != y:
            sys.exit(f"seed {seed}, {what}: record {i + 1} differs\n{x}\n{y}")
    if len(a) != len(b):
        sys.exit(f"seed {seed}, {what}: {len(a)} lines and {len(b)}")


def of_form(items, form, member, seed):
    for item in items:
        if item.get(member) != {1: None, 2: 2 if member == "xForm" else True}[form]:
            sys.exit(f"seed {seed}: not of form {form}: {item}")


def check_forms(lines, at, seed):
    """Forms change with the record, and the chains go on across it."""
    head = {"receipts": "0" * 64, "changes": "0" * 64}
    for number, line in enumerate(map(json.loads, lines[:-1]), 1):
        # what was due when the control record came is done before it: of the old form
        form = 1 if number <= at else 2
        of_form(line["changes"], form, "reviewed", seed)
        of_form(line["receipts"], form, "xForm", seed)
        for kind in head:
            for item in line[kind]:
                assert item["previousHash"] == head[kind], f"seed {seed}: the chain of {kind} breaks at record {number}"
                head[kind] = item["hash"]
        for receipt in line["receipts"]:
            bare = {k: v for k, v in receipt.items() if k not in ("hash", "previousHash")}
            assert hashlib.sha256(receipt["previousHash"].encode() + canonical(bare)).hexdigest() == receipt["hash"]


def verdicts(lines, at):
    return [(r.get("actId"), r["verdict"]) for line in map(json.loads, lines[at:-1]) for r in line["receipts"]]


def one(options, seed):
    """How many verdicts are others under version 2."""
    journal = journal_gen.journal(seed, options.length)
    at = random.Random(seed).randrange(10, len(journal) - 10)
    control = {"kind": "control", "time": journal[at - 1]["time"], "version": 2}
    whole = journal[:at] + [control] + journal[at:]
    old = run(options.old, journal[:at])
    same(old, run(options.new, journal[:at]), "both programs on the old part", seed)
    upgraded = run(options.new, whole)
    same(old[:at], upgraded[:at], "the old part with and without the rest", seed)
    check_forms(upgraded, at + 1, seed)
    for batch in ("7", "1000", "0"):
        same(upgraded, run(options.new, whole, "--batch", batch), f"batches of {batch}", seed)
    stopped = run(options.old, whole[:at + 1], "--batch", "1000")
    same(old[:at], stopped[:at], "the old program up to the record", seed)
    stop = json.loads(stopped[at])
    assert "version 2" in stop["stop"] and not stop["changes"] and not stop["receipts"], stop
    # it has left no trace: what stands at the end is what stood before it
    same(old[at:], stopped[at + 1:], "the registry that stopped", seed)
    return sum(a != b for a, b in zip(verdicts(upgraded, at + 1), verdicts(run(options.old, journal), at)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--old", required=True, help="orgcode-sim")
    parser.add_argument("--new", required=True, help="the same with version 2")
    parser.add_argument("--seeds", type=int, default=15)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--length", type=int, default=120)
    options = parser.parse_args()
    others = sum(one(options, seed) for seed in range(options.first, options.first + options.seeds))
    if others == 0:
        sys.exit("version 2 decides nothing otherwise: the test tests nothing")
    print(f"{options.seeds} journals, {others} verdicts are others under version 2")


main()
