"""Random journals from a seed: `journal(seed, length)` gives a list of records (README.md).

A model runs along, from which act_gen.py draws acts that fit.
"""
import datetime
import json
import random
import sys
import uuid

import model as M
from act_gen import LEVEL1, Acts, shift


def time_text(instant):
    zone = datetime.timezone(datetime.timedelta(hours=7))
    moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(milliseconds=instant)
    return moment.astimezone(zone).isoformat(timespec="milliseconds")


class Writer(Acts):
    def __init__(self, seed, level1=LEVEL1):
        self.level1_codes = level1
        self.rng = random.Random(seed)
        self.model = M.Model()
        self.records = []
        self.lines = []  # what the model said of each
        self.clock = M.parse_time("2025-06-%02dT%02d:15:00+07:00" % (self.rng.randint(1, 20), self.rng.randint(0, 23)))
        self.next_offset = {}
        self.sent = []
        self.uuid_space = uuid.UUID(int=self.rng.getrandbits(128))
        self.ids = 0
        self.wrong = self.rng.choice([0.02, 0.08, 0.2])
        self.future = self.rng.choice([0.05, 0.2])
        self.codes_max = self.rng.choice([3, 5, 9])

    # ---- records

    def emit(self, record):
        self.records.append(record)
        self.lines.append(self.model.feed(record))
        return self.lines[-1]

    def stamped(self, kind, **more):
        record = {"kind": kind, "time": time_text(self.clock), **more}
        if self.rng.random() < 0.3:
            record["stamp"] = time_text(self.clock + self.rng.choice([-86400000, -300001, -300000, -1000, 0, 60000, 600000]))
        return record

    def origin(self, authority):
        topic = "orgcode.acts." + authority
        first = self.next_offset.get(topic, 0)
        last = first + (self.rng.randint(1, 3) if self.rng.random() < 0.05 else 0)
        self.next_offset[topic] = last + 1
        return {"topic": topic, "partition": 0, "from": first, "offset": last, "time": time_text(self.clock)}

    def send(self, act, topic=None):
        record = self.stamped("act", origin=self.origin(topic or act["authority"]), act=act)
        self.sent.append(record)
        return self.emit(record)

    def later(self):
        rng = self.rng
        roll = rng.random()
        if roll < 0.5:
            self.clock += rng.randint(0, 3600000)
        elif roll < 0.75:
            self.clock += rng.randint(0, 86400000)
        elif roll < 0.83:
            midnight = M.date_start(shift(M.date_at(self.clock), 1))
            self.clock = midnight + rng.choice([-1, 0, 1])
        elif roll < 0.9:
            self.clock += rng.randint(1, 9) * 86400000
        elif roll < 0.91:
            self.clock += rng.randint(20, 40) * 86400000
        elif roll < 0.94:
            self.clock -= rng.randint(0, 2 * 86400000)

    # ---- one step

    def step(self):
        rng = self.rng
        self.later()
        roll = rng.random()
        if roll < 0.04:
            return self.emit(self.stamped("tick"))
        if roll < 0.05:
            return self.emit(self.stamped("foreign"))
        if roll < 0.055:
            return self.emit(self.stamped("control", live=True))
        if roll < 0.07:
            refusal = {"reason": rng.choice(["form-unreadable", "account-publisher", "form-unreadable"])}
            if refusal["reason"] == "account-publisher":
                refusal["actId"] = str(uuid.UUID(int=rng.getrandbits(128)))
            return self.emit(self.stamped("refusal", origin=self.origin(rng.choice(self.level1_codes)), refusal=refusal))
        if self.sent and roll < 0.16:
            return self.again(rng.choice(self.sent[-6:]))
        if roll < 0.30 or not self.level1():
            act = self.root()
            if rng.random() < self.wrong / 4 and act:
                act["authority"] = rng.choice(self.level1_codes)
        else:
            authority = rng.choice(self.level1())
            if rng.random() < 0.08:
                authority = rng.choice(self.level1_codes)
            kind = rng.choices(["established", "contact_updated", "renamed", "recoded", "merged", "split", "dissolved", "closed",
                                "corrected", "annulled", "scheme_registered"], [28, 12, 8, 6, 9, 8, 7, 5, 8, 10, 0.4])[0]
            act = getattr(self, kind)(authority) or self.established(authority)
        if act is None:
            return None
        topic = None
        if rng.random() < self.wrong / 20:
            topic = rng.choice(self.level1_codes)
        if rng.random() < self.wrong / 20:
            topic = act["authority"] = rng.choice(["H2", "H26.1"])
        return self.send(act, topic)

    def again(self, record):
        """Something that came before comes again."""
        rng = self.rng
        roll, topic = rng.random(), record["origin"]["topic"]
        if roll < 0.3:    # the pipeline's own repeat
            return self.emit(self.stamped("act", origin=record["origin"], act=record["act"]))
        if roll < 0.36:   # a gap
            first = self.next_offset[topic] + rng.randint(1, 3)
            origin = {"topic": topic, "partition": 0, "from": first, "offset": first, "time": time_text(self.clock)}
            return self.emit(self.stamped("act", origin=origin, act=record["act"]))
        if roll < 0.42:   # the topic was created anew
            origin = {"topic": topic, "partition": 0, "from": 0, "offset": 0, "time": time_text(self.clock)}
            out = self.emit(self.stamped("act", origin=origin, act=record["act"]))
            mark = self.model.marks.get((topic, 0))
            self.next_offset[topic] = mark["offset"] + 1 if mark else 0
            return out
        act = dict(record["act"])
        if roll < 0.6:
            act["note"] = "nội dung khác"
        elif roll < 0.7:
            act["publishedAt"] = time_text(self.clock)
        elif roll < 0.8:
            act["scheme"] = act.get("scheme", "gov")
        return self.send(act)


def write(seed, length=60):
    writer = Writer(seed)
    writer.emit({"kind": "genesis", "time": time_text(writer.clock), "registryId": "5f0d3b0e-0000-4000-8000-%012d" % seed,
                 "epoch": 1, "mode": "scripted"})
    start = writer.rng.random()
    for code in writer.rng.sample(writer.level1_codes, writer.rng.randint(1, 4)):
        if start < 0.8:
            act = writer.act("ROOT", "established", {"code": code, "info": {"name": "Tỉnh %s" % code, "address": "1 Lê Lợi"}})
            act["effectiveOn"] = shift(writer.today(), -writer.rng.choice([0, 100, 100, 100]))
            act["decision"] = writer.decision()
            writer.send(act)
    while len(writer.records) < length:
        writer.step()
    return writer


def journal(seed, length=60):
    return write(seed, length).records


if __name__ == "__main__":
    for item in journal(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 60):
        print(json.dumps(item, ensure_ascii=False))
