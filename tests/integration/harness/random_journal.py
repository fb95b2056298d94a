"""Random journals of the simulator's generator as real journals."""

import hashlib
import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "sim"))

import journal_gen  # noqa: E402

from .load import REFUSED  # noqa: E402
from .registry import millis  # noqa: E402


def frames_of(registry, acts):
    """The publisher takes an act once a file, so repeats go in further files."""
    rounds, seen, frames = {}, {}, [None] * len(acts)
    for index, act in enumerate(acts):
        seen[act["actId"]] = seen.get(act["actId"], 0) + 1
        rounds.setdefault(seen[act["actId"]], []).append(index)
    for indices in rounds.values():
        for index, frame in zip(indices, registry.frames([acts[i] for i in indices])):
            frames[index] = frame
    return frames


def is_act(record):
    return record["kind"] == "act" and record["act"]["authority"] not in REFUSED


def random_records(registry, seed, length):
    """Records for registry.journal of a scripted registry made with genesis=False; the first is the genesis record."""
    drawn = journal_gen.journal(seed, length)
    frames = iter(frames_of(registry, [r["act"] for r in drawn if is_act(r)]))
    out = []
    for record in drawn:
        at, kind = millis(record["time"]), record["kind"]
        headers, key, value = [], None, b""
        if "origin" in record:
            origin = record["origin"]
            headers = [("oc-topic", origin["topic"]), ("oc-partition", str(origin["partition"])), ("oc-from", str(origin["from"])),
                       ("oc-offset", str(origin["offset"])), ("oc-time", str(millis(origin["time"])))]
            key = origin["topic"].rpartition(".")[2]
        if is_act(record):
            value = next(frames)
        elif "origin" in record:
            refusal = record.get("refusal") or {"reason": "form-unreadable"}
            value = json.dumps({"sha256": hashlib.sha256(b"").hexdigest(), "size": 0, **refusal}).encode()
            kind = "refusal"
        elif record.get("live"):  # a live journal needs the broker's clock, which does not move as the generator's
            kind = "tick"
        elif kind in ("genesis", "control"):
            value = json.dumps({k: v for k, v in record.items() if k not in ("kind", "time", "stamp")}).encode()
        if kind == "foreign":
            out.append({"value": b"not of this pipeline", "key": None, "headers": [], "timestamp": at})
        else:
            out.append(registry._record(kind, at, value, key, headers, record.get("stamp")))
    return out
