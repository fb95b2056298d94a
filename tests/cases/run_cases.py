#!/usr/bin/python3
"""Runs tests/cases/*.case through the core (orgcode-sim) and the model. README.md here has the form of a case.

    run_cases.py [--sim PATH] [--model-only] [file.case ...]

Exit code 0: all hold; 1: some do not; 3: the driver could not be run.
"""
import argparse
import glob
import json
import os
import re
import sys

from case_checker import Checker
from case_reader import HERE, KINDS, Builder, read_file
import compare
import model as M

VERDICTS = "accepted announced held duplicate conflict rejected withdrawn annulled".split()
# The core cannot come to these from a journal of decoded acts: they are the codecs' and the publisher's.
NOT_HERE = {"form-missing", "form-utf8", "repeated-line"}


def model_end(model):
    def end(key, day):
        state = model.fold(key, day) if key in model.by_key else None
        return compare.record_form(state)
    return end


def core_end(line):
    def end(key, day):
        if day is None:
            return compare.record_form((line.get("codes") or {}).get(key))
        found = None
        for start, record in compare.steps_of_rows(line["versions"].get(key, []), 1 << 62):
            if start <= day:
                found = record
        return found
    return end


def coverage(cases_seen, rules_seen, kinds_seen):
    """Every reason of reason.def in some expectation, every refusing rule also in an accepting case, every kind both ways."""
    missing = []
    with open(os.path.join(HERE, "..", "..", "common", "core", "reason.def"), encoding="utf-8") as file:
        slugs = re.findall(r'^X\(\w+, RULE_(\w+), "([a-z0-9-]+)"', file.read(), re.M)
    for rule, slug in slugs:
        if slug not in cases_seen and slug not in NOT_HERE:
            missing.append("no case with %s" % slug)
    for rule in M.RULES:
        if rule not in rules_seen["refused"]:
            missing.append("no case refused by %s" % rule)
        if rule not in rules_seen["accepted"]:
            missing.append("no accepting case named %s-n" % rule)
    for rule in "CONTACT DAYS30 DAYS7 LEGACY CONSOLIDATE ONESOURCE CONTINUITY".split():
        if rule not in rules_seen["accepted"]:
            missing.append("no case named %s-n" % rule)
    for kind in KINDS:
        for verdict in ("accepted", "rejected"):
            if (kind, verdict) not in kinds_seen:
                missing.append("no case of %s %s" % (kind, verdict))
    return missing


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sim", default=os.environ.get("ORGCODE_SIM"))
    parser.add_argument("--stored", type=int, default=1, help="records that the driver decides before it stores")
    parser.add_argument("--model-only", action="store_true")
    parser.add_argument("--journal", action="store_true", help="print the journal of the cases that fail")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    states, cases = {}, []
    paths = sorted(glob.glob(os.path.join(HERE, "*.case")))
    for path in paths:
        found = read_file(path, states)
        if not options.files or any(os.path.samefile(path, f) for f in options.files):
            cases += found
    builders, failed = [], 0
    for case in cases:
        try:
            builders.append(Builder(case, states))
        except Exception as error:  # a case that cannot be read fails, the others go on
            builders.append(None)
            failed += 1
            print("FAIL %s: %s: %s" % (case.where(), type(error).__name__, error))
    answers = {}
    if options.sim and not options.model_only:
        ready = [b for b in builders if b]
        try:
            results = compare.run_driver(options.sim, [b.records for b in ready], options.stored)
        except OSError as error:
            print("cannot run %s: %s" % (options.sim, error))
            return 3
        answers = {id(b): r for b, r in zip(ready, results)}
    seen, rules, kinds = set(), {"refused": set(), "accepted": set()}, set()
    for case, builder in zip(cases, builders):
        if builder is None:
            continue
        problems = []
        if not case.core_only:
            lines, model = compare.run_model(builder.records)
            problems += ["model: " + p for p in Checker(case, builder, lines, model_end(model)).run()]
        if options.sim and not options.model_only:
            theirs = answers.get(id(builder))
            if theirs is None or not theirs[-1].get("end"):
                problems.append("core: died: %s" % (theirs[-1] if theirs else "no answer"))
            else:
                problems += ["core: " + p for p in Checker(case, builder, theirs, core_end(theirs[-1])).run()]
        if problems:
            failed += 1
            print("FAIL " + case.where())
            for problem in problems:
                print("    " + problem)
            if options.journal:
                print("\n".join(json.dumps(r, ensure_ascii=False) for r in builder.records))
        note_coverage(case, builder, seen, rules, kinds)
    if not options.files:
        for text in coverage(seen, rules, kinds):
            failed += 1
            print("FAIL coverage: " + text)
    print("%d cases, %d failed" % (len(cases), failed))
    return 1 if failed else 0


def note_coverage(case, builder, seen, rules, kinds):
    title_rule = case.title.split("-")[0].split(":")[0].split()[0]
    verdicts = set()
    for index, _, verb, text, words in builder.expected:
        if verb in ("verdict", "receipt"):
            words = words[1:] if verb == "receipt" else words
            if words[0] not in VERDICTS:
                continue
            for word in words[1:]:
                seen.update(w.lstrip("!") for w in word.split(","))
            if verb == "verdict":
                verdicts.add(words[0])
                record = builder.records[index]
                if record["kind"] == "act":
                    kinds.add((record["act"]["kind"], words[0]))
            if len(words) > 1 and words[1] in M.RULES:
                rules["refused"].add(words[1])
    if verdicts & {"accepted", "duplicate"} and not verdicts & {"rejected", "conflict"}:
        rules["accepted"].add(title_rule)


if __name__ == "__main__":
    sys.exit(main())
