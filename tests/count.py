#!/usr/bin/python3
"""Counts of tests/run: `part FOLDER PART EXITCODE SECONDS` notes one part's, `total FOLDER` sums them up."""

import json
import sys
import xml.etree.ElementTree as xml
from pathlib import Path


def junit(path):
    """(passed, failed, skipped, reasons) of a JUnit file by ctest or pytest."""
    passed, failed, skipped, reasons = 0, 0, 0, []
    for case in xml.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
            failed += 1
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            skipped += 1
            why = case.find("skipped")
            reasons.append(f"{case.get('name')}: {why.get('message') if why is not None else case.get('status')}")
        else:
            passed += 1
    return passed, failed, skipped, reasons


def tidy(path):
    """The same of tidy's lines: `ok NAME`, `FAIL NAME: ...`, `skip NAME: why`."""
    lines = path.read_text().splitlines()
    skips = [line[4:].strip() for line in lines if line.startswith("skip")]
    return sum(x.startswith("ok ") for x in lines), sum(x.startswith("FAIL ") for x in lines), len(skips), skips


def part(folder, name, code, seconds):
    passed = failed = skipped = 0
    reasons = []
    if (folder / f"{name}.xml").exists():
        passed, failed, skipped, reasons = junit(folder / f"{name}.xml")
    elif (folder / f"{name}.txt").exists():
        passed, failed, skipped, reasons = tidy(folder / f"{name}.txt")
    if code and not failed:
        failed = 1  # it did not get as far as to count
    (folder / f"{name}.count").write_text(json.dumps([passed, failed, skipped]))
    for reason in reasons:
        print(f"    skipped: {reason}")
    print(f"    {name}: {'failed' if failed else 'ok'}, {passed} passed, {failed} failed, {skipped} skipped, {seconds} s", flush=True)


def total(folder):
    counts = [json.loads(path.read_text()) for path in folder.glob("*.count")]
    passed, failed, skipped = (sum(column) for column in zip(*counts))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if sys.argv[1] == "part":
    part(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
else:
    sys.exit(total(Path(sys.argv[2])))
