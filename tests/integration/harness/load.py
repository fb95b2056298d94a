"""A random load for the whole pipeline: acts of many authorities from the simulator's generator, ready to be published."""

import json
import random
import sys
import threading
import time
import unicodedata
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "sim"))

import journal_gen  # noqa: E402
import model as second  # noqa: E402

OUTAGE = 240  # s that sending may take: a broker that is killed again and again
REFUSED = ("H2", "H26.1")  # the generator's wrong names of authorities: they have no topics, and the publisher does not take them


def countries(count):
    """Level-1 codes of as many groups of authorities: acts touch their own group and ROOT."""
    return [["H26", "H57", "K01", "G05", "G12"]] + [[f"{c}{n}{n}" for c in "ABCDE"] for n in range(1, count)]


def nfc(act):
    """As the publisher puts every text into its frame."""
    return json.loads(unicodedata.normalize("NFC", json.dumps(act, ensure_ascii=False)))


class Drawer(journal_gen.Writer):
    """Draws acts alone: repeats and gaps are left to the pipeline."""

    def __init__(self, seed, level1, items, still):
        super().__init__(seed, level1)
        self.items, self.still = items, still
        self.wrong, self.future, self.codes_max = 0.03, 0.1, 40

    def emit(self, record):
        kind = record["kind"]
        if kind == "act":
            topic = record["origin"]["topic"].rpartition(".")[2]
            if record["act"]["authority"] in REFUSED or topic in REFUSED:
                return super().emit(record)
            self.items.append(("act", topic, record["act"]))
        elif kind == "refusal":
            self.items.append(("junk", record["origin"]["topic"].rpartition(".")[2], self.rng.randbytes(self.rng.randint(0, 40))))
        elif kind == "foreign":
            self.items.append(("foreign", None, b"not of this pipeline"))
        return super().emit(record)

    def later(self):
        """Slower than the simulator's time: most acts of a chunk are decided on the day that they were drawn for."""
        if self.still:
            return
        roll = self.rng.random()
        if roll < 0.05:
            self.clock = second.date_start(journal_gen.shift(second.date_at(self.clock), 1)) + self.rng.choice([-1, 0, 1])
        elif roll < 0.07:
            self.clock += self.rng.randint(1, 9) * 86400000
        else:
            self.clock += self.rng.randint(0, 600000)

    def root(self):
        """Less often than in the simulator: what ROOT ends is ended for all of its units."""
        if self.level1() and self.rng.random() < 0.7:
            return self.established(self.rng.choice(self.level1()))
        return super().root()

    def again(self, record):
        """The sender repeats himself, to the letter or not."""
        act = dict(record["act"])
        if self.rng.random() < 0.3:
            act["note"] = "nội dung khác"
        return self.send(act, record["origin"]["topic"].rpartition(".")[2])

    def begin(self):
        super().emit({"kind": "genesis", "time": journal_gen.time_text(self.clock), "registryId": str(self.uuid_space), "epoch": 1,
                      "mode": "scripted"})
        for code in self.rng.sample(self.level1_codes, self.rng.randint(2, 4)):
            act = self.act("ROOT", "established", {"code": code, "info": {"name": f"Tỉnh {code}", "address": "1 Lê Lợi"}})
            act["effectiveOn"] = journal_gen.shift(self.today(), -100)
            self.send(act)


class Load:
    """`chunks`: [(clock, [(what, authority, act or bytes)])]; clock is the journal time by which they should be decided.

    still: time does not move, for a live registry.
    """

    def __init__(self, seed, acts, groups=4, chunk=20, still=False):
        rng = random.Random(seed)
        items, self.chunks = [], []
        self.authorities = ["ROOT"] + [code for group in countries(groups) for code in group]
        clock = int(time.time() * 1000)
        drawers = [Drawer(rng.getrandbits(32), group, items, still) for group in countries(groups)]
        for drawer in drawers:
            drawer.clock = clock
            drawer.begin()
        while sum(len(chunk) for _, chunk in self.chunks) < acts:
            drawer, before_step = rng.choice(drawers), len(items)
            drawer.clock = clock
            drawer.step()
            if before_step >= chunk or second.date_at(drawer.clock) != second.date_at(clock):
                self.chunks.append((clock, items[:before_step]))
                del items[:before_step]
            clock = max(clock, drawer.clock)
        self.sent = {a: [] for a in self.authorities}  # the bytes, in order
        self.act_of = {}

    def frame(self, registry):
        """Acts become bytes, as the real publisher makes them. A file may not repeat an act, so repeats go in further files."""
        rounds, seen = {}, {}
        acts = [item[2] for _, items in self.chunks for item in items if item[0] == "act"]
        for index, act in enumerate(acts):
            seen[act["actId"]] = seen.get(act["actId"], 0) + 1
            rounds.setdefault(seen[act["actId"]], []).append(index)
        frames = [None] * len(acts)
        for indices in rounds.values():
            for index, frame in zip(indices, registry.frames([acts[i] for i in indices])):
                frames[index] = frame
        self.act_of = {frame: nfc(act) for frame, act in zip(frames, acts)}
        frames = iter(frames)
        self.chunks = [(clock, [(what, to, next(frames) if what == "act" else value) for what, to, value in items])
                       for clock, items in self.chunks]

    def send(self, registry, clock, items, scripted=True):
        """One chunk: journal time moves to `clock` (in a scripted registry), then everything in its topic."""
        foreign = [dict(value=value) for what, _, value in items if what == "foreign"]
        ticks = [registry.record_tick(clock)] if scripted else []
        if foreign or ticks:
            registry.kafka.send_many(f"{registry.prefix}.journal", foreign + ticks, OUTAGE)
        for authority in dict.fromkeys(to for _, to, _ in items if to):
            values = [value for _, to, value in items if to == authority]
            self.sent[authority] += values
            registry.kafka.send_many(f"{registry.prefix}.acts.{authority}", [dict(value=v) for v in values], OUTAGE)


class Loader:
    """Sends a load's chunks from a thread of its own, evenly over some seconds."""

    def __init__(self, registry, load, seconds):
        self.registry, self.load, self.seconds, self.error = registry, load, seconds, None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        begun = time.monotonic()
        try:
            for number, (clock, items) in enumerate(self.load.chunks):
                time.sleep(max(0, begun + self.seconds * number / len(self.load.chunks) - time.monotonic()))
                self.load.send(self.registry, clock, items, self.registry.mode == "scripted")
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            self.error = error

    def finish(self):
        self.thread.join(600)
        assert not self.thread.is_alive() and self.error is None, self.error
