#!/usr/bin/python3
"""Runs random journals through the core (orgcode-sim) and through model.py, and reports the first difference.

Exit code 0: none; 1: a difference; 3: the driver could not be run.
"""
import argparse
import concurrent.futures
import json
import os
import resource
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import invariants
import journal_gen
import model as M


def limits_of(sim):
    """A core that runs away must not take the machine with it. Under ASan the address space is its own affair."""
    with open(sim, "rb") as program:
        sanitized = b"__asan_init" in program.read()

    def limit():
        if not sanitized:
            resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        resource.setrlimit(resource.RLIMIT_CPU, (300 if sanitized else 60,) * 2)

    return limit


def run_driver(sim, journals, batch=1):
    """All journals through one process, stored after every `batch` records (0: now and then). For each the list of its lines."""
    text = []
    for journal in journals:
        text += [json.dumps(record, ensure_ascii=False) for record in journal] + ['{"reset":true}']
    done = subprocess.run([sim, "--batch", str(batch)], input="\n".join(text) + "\n", capture_output=True, text=True, preexec_fn=limits_of(sim),
                          timeout=600)
    results, lines = [], []
    for line in done.stdout.splitlines():
        try:
            line = json.loads(line)
        except ValueError:
            break
        lines.append(line)
        if line.get("end"):
            results.append(lines)
            lines = []
    if done.returncode != 0 or len(results) < len(journals):
        results.append(lines + [{"died": done.returncode, "stderr": done.stderr[-2000:]}])
    return results


def run_model(journal):
    model = M.Model()
    lines = [model.feed(record) for record in journal]
    return lines, model


# ---- one form for both sides

def record_form(record):
    if record is None:
        return None
    info = {k: v for k, v in (record.get("info") or {}).items() if v is not None}
    if record.get("type") is not None:
        info["type"] = record["type"]
    decision = record.get("lastDecision")
    if decision:
        decision = {k: v for k, v in decision.items() if v is not None}

    def edges(items):
        items = items or []
        if isinstance(items, dict):
            items = items.get("items") or items.get("first") or []
        return [[e["on"], e["code"], e["continues"]] if isinstance(e, dict) else list(e) for e in items][:100]
    return {"status": record["status"], "organizationId": record["organizationId"], "issuedOn": record["issuedOn"],
            "closedOn": record.get("closedOn"), "info": info, "lastDecision": decision or None,
            "successors": edges(record.get("successors")), "predecessors": edges(record.get("predecessors"))}


def steps_form(steps):
    joined = []
    for day, record in steps:
        form = record_form(record)
        if not joined and form is None:
            continue
        if not joined or joined[-1][1] != form:
            joined.append([day, form])
    return joined


def steps_of_rows(rows, sequence):
    """Step function of a code as known at `sequence`, from rows of code_version."""
    best = {}
    for row_sequence, day, record in rows:
        if row_sequence <= sequence and (day not in best or best[day][0] <= row_sequence):
            best[day] = (row_sequence, record)
    return steps_form([(day, best[day][1]) for day in sorted(best)])


# How many records the driver decides before it stores; 0 is now many, now few. No outcome may depend on it.
BATCHES = (1, 0, 1000, 7)


def line_form(line, strict):
    receipts = []
    for item in line.get("receipts", []):
        form = {k: item.get(k) for k in ("authority", "actId", "verdict")}
        form["rule"] = item.get("rule") or ""
        form["faults"] = sorted({f for f in item.get("faults") or [] if M.slug_rule(f) == form["rule"]})
        form["first"], form["last"] = item.get("first") or 0, item.get("last") or 0
        if strict and form["verdict"] not in ("rejected", "conflict"):
            form["warnings"] = sorted(set(item.get("warnings") or []))
        receipts.append(form)
    changes = []
    for item in line.get("changes", []):
        form = {k: item.get(k) for k in ("sequence", "type", "subject", "version")}
        if strict:
            form["periods"] = item.get("periods")
        changes.append(form)
    return {"receipts": receipts, "changes": changes, "gap": bool(line.get("gap")), "repeat": bool(line.get("repeat")),
            "stop": bool(line.get("stop"))}


def difference(journal, theirs, strict=True, ran=None):
    """None, or (what, record number, ours, theirs). ran: what run_model gives, when it has run already."""
    lines, model = ran or run_model(journal)
    for number, ours in enumerate(lines):
        if number >= len(theirs) or "receipts" not in theirs[number]:
            return ("died", number + 1, None, theirs[-1] if theirs else None)
        a, b = line_form(ours, strict), line_form(theirs[number], strict)
        if a != b:
            return ("record", number + 1, a, b)
    end, last = model.end(), theirs[-1]
    if not last.get("end"):
        return ("died", len(lines), None, last)
    if end["place"]["sequence"] != last["place"]["sequence"] or end["place"]["receipt"] != last["place"]["receipt"]:
        return ("place", len(lines), end["place"], last["place"])
    codes = {k: v for k, v in last["codes"].items() if v is not None}
    if set(codes) != set(end["codes"]):
        return ("codes", len(lines), sorted(end["codes"]), sorted(codes))
    for key, ours in end["codes"].items():
        a, b = record_form(ours), record_form(codes[key])
        if a != b or ours["version"] != int(codes[key].get("version", ours["version"])):
            return ("code " + key, len(lines), dict(a, version=ours["version"]), dict(b, version=codes[key].get("version")))
    for key, history in end["history"].items():
        for sequence, steps in history:
            a, b = steps_form(steps), steps_of_rows(last["versions"].get(key, []), sequence)
            if a != b:
                return ("as of %s at %d" % (key, sequence), len(lines), a, b)
    return None


# ---- making it small

def minimize(sim, journal, strict, stored):
    def kind(candidate):
        try:
            found = difference(candidate, run_driver(sim, [candidate], stored)[0], strict)
        except (KeyError, ValueError, IndexError):
            return "broken"
        return found and found[0].split()[0]
    wanted = kind(journal)

    def differs(candidate):
        return kind(candidate) == wanted
    size = max(1, len(journal) // 2)
    while True:
        index, shorter = 1, False
        while index < len(journal):
            candidate = journal[:index] + journal[index + size:]
            if len(candidate) < len(journal) and differs(offsets(candidate)):
                journal, shorter = offsets(candidate), True
            else:
                index += size
        if size == 1 and not shorter:
            return journal
        size = max(1, size // 2)


def offsets(journal):
    """Dropping records must not make gaps: offsets are given anew where they only count up."""
    following, result = {}, []
    for record in journal:
        if "origin" in record:
            origin = dict(record["origin"])
            if origin["from"] >= following.get(origin["topic"], 0) and origin["from"] == origin["offset"]:
                origin["from"] = origin["offset"] = following.get(origin["topic"], 0)
            following[origin["topic"]] = max(following.get(origin["topic"], 0), origin["offset"] + 1)
            record = dict(record, origin=origin)
        result.append(record)
    return result


def show(seed, journal, found, stored):
    what, number, ours, theirs = found
    lines = ["seed %s (--stored %d): differs in %s, after record %d" % (seed, stored, what, number)]
    if what == "record":
        lines.append("record: " + json.dumps(journal[number - 1], ensure_ascii=False))
    return lines + ["model: " + json.dumps(ours, ensure_ascii=False), "core:  " + json.dumps(theirs, ensure_ascii=False)]


# ---- a batch of journals, in a process of its own

def drawn(seed, length):
    """A journal, and what the model said of it: it has read it while it was drawn."""
    writer = journal_gen.write(seed, length)
    return writer.records, (writer.lines, writer.model)


def stored_file(path):
    with open(path, encoding="utf-8") as file:
        journal = [json.loads(line) for line in file if line.strip()]
    return journal, run_model(journal)


def compare_batch(options, start, seeds):
    """(journals, records, differing, lines to print). Ends at the first that differs, unless all are wanted."""
    batch = [stored_file(options.journal) if options.journal else drawn(seed, options.length) for seed in seeds]
    stored = BATCHES[start // options.batch % len(BATCHES)] if options.stored is None else options.stored
    results = run_driver(options.sim, [journal for journal, _ in batch], stored) if options.sim else []
    done, records, differing, lines = 0, 0, 0, []
    for index, (seed, (journal, ran)) in enumerate(zip(seeds, batch)):
        done, records = done + 1, records + len(journal)
        broken = invariants.check(ran[1])
        if broken:
            return done, records, differing + 1, lines + ["seed %s: %s" % (seed, broken)]
        if not options.sim:
            continue
        if index >= len(results):  # the driver died of an earlier one
            return done - 1, records, differing, lines
        found = difference(journal, results[index], not options.soft, ran)
        if not found:
            continue
        differing += 1
        if options.minimize:
            journal = minimize(options.sim, journal, not options.soft, stored)
            found = difference(journal, run_driver(options.sim, [journal], stored)[0], not options.soft)
        lines += show(seed, journal, found, stored)
        if options.minimize:
            lines += [json.dumps(record, ensure_ascii=False) for record in journal]
        if not options.all:
            break
    return done, records, differing, lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sim", default=os.environ.get("ORGCODE_SIM"), help="path of orgcode-sim; none: the model alone")
    parser.add_argument("--first", type=int, default=1, help="first seed")
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--length", type=int, default=60, help="records in a journal")
    parser.add_argument("--batch", type=int, default=50, help="journals in one process")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at once")
    parser.add_argument("--stored", type=int, help="records that the driver decides before it stores; none: %s in turn" % (BATCHES,))
    parser.add_argument("--minimize", action="store_true", help="drop records while the difference stays, print the journal")
    parser.add_argument("--soft", action="store_true", help="leave out warnings and the number of periods")
    parser.add_argument("--all", action="store_true", help="report every seed that differs")
    parser.add_argument("--journal", help="compare this file instead of random journals")
    options = parser.parse_args()
    seeds = [0] if options.journal else list(range(options.first, options.first + options.seeds))
    begun, done, records, differing = time.time(), 0, 0, 0
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        starts = range(0, len(seeds), options.batch)
        batches = [pool.submit(compare_batch, options, start, seeds[start:start + options.batch]) for start in starts]
        for batch in batches:
            counts = batch.result()
            done, records, differing = done + counts[0], records + counts[1], differing + counts[2]
            for line in counts[3]:
                print(line)
            if differing and not options.all:
                pool.shutdown(cancel_futures=True)
                break
    print("%d journals, %d records, %d differ, %.1f s" % (done, records, differing, time.time() - begun))
    return 1 if differing or done < len(seeds) else 0


if __name__ == "__main__":
    sys.exit(main())
