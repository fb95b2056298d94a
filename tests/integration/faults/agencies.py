"""The agencies of a fault test: they publish a load as agencies do, with orgcode-publish, crashes of it and repeats."""

import json
import random
import subprocess
import threading
import time

from harness.load import OUTAGE, Load
from harness.program import program_path


class Agencies:
    """Publishes a load's chunks from a thread of its own until stop().

    Acts go through orgcode-publish, two at a time; some runs are killed and begun again (where they were, or all of it), some
    are repeated whole. What no publisher would send (bytes that are no act, another's topic, foreign records) is produced plainly.
    A process of ours is what is told as sent only when it ended well: what must stand in the topics then, in that order.
    """

    def __init__(self, registry, seed, acts, groups=4, pace=0.4, crashes=0.15, repeats=0.1):
        self.registry, self.rng, self.pace, self.crashes, self.repeats = registry, random.Random(seed), pace, crashes, repeats
        self.load = Load(self.rng.getrandbits(31), acts, groups, still=registry.mode == "live")
        plain = [[item[2] for item in items] for _, items in self.load.chunks]
        for acts in plain:
            for act in acts:
                if isinstance(act, dict):  # else the publisher says when: other bytes each time, which nobody could look up
                    act.setdefault("publishedAt", "2025-07-01T00:00:00.000+07:00")
        self.load.frame(registry)
        self.chunks = [(clock, [(what, to, framed, act) for (what, to, framed), act in zip(items, acts)])
                       for (clock, items), acts in zip(self.load.chunks, plain)]
        self.sent = {authority: [] for authority in self.load.authorities}
        self.published = self.killed = self.repeated = 0
        self.allowed = 1.0  # the part of the load that may be published by now
        self.error, self._stopping = None, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self._stopping.set()
        return self.wait()

    def leave(self):
        """Something else has failed: no more is sent, and nobody waits."""
        self._stopping.set()

    def wait(self):
        self._thread.join(OUTAGE * 3)
        assert not self._thread.is_alive() and self.error is None, self.error
        return self

    @property
    def busy(self):
        return self._thread.is_alive()

    def _run(self):
        try:
            for number, (clock, items) in enumerate(self.chunks):
                self._chunk(f"chunk-{number}", clock, items)
                stop = self._stopping.wait(self.rng.uniform(0, 2 * self.pace))
                while not stop and number >= self.allowed * len(self.chunks):
                    stop = self._stopping.wait(0.05)
                if stop:
                    return
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            self.error = error

    def _chunk(self, name, clock, items):
        registry = self.registry
        ticks = [registry.record_tick(clock)] if registry.mode == "scripted" else []
        foreign = [dict(value=framed) for what, _, framed, _ in items if what == "foreign"]
        if ticks or foreign:
            registry.kafka.send_many(f"{registry.prefix}.journal", foreign + ticks, OUTAGE)
        rounds, seen = {}, {}
        for what, to, framed, act in items:
            if what == "act" and act["authority"] == to:  # a file may not name an act twice: repeats go in further ones
                turn = seen[act["actId"]] = seen.get(act["actId"], 0) + 1
                rounds.setdefault((turn, sum(map(ord, to)) % 2), []).append((to, framed, act))
            elif what != "foreign":
                registry.kafka.send_many(f"{registry.prefix}.acts.{to}", [dict(value=framed)], OUTAGE)
        for turn in sorted({turn for turn, _ in rounds}):
            self._publish([(f"{name}-{turn}-{half}", rounds[turn, half]) for half in (0, 1) if (turn, half) in rounds])

    def _publish(self, files):
        """The files at the same time, each until its publisher has ended well."""
        runs = []
        for name, acts in files:
            path = self.registry.acts_file([act for _, _, act in acts], name)
            runs.append((path, acts, self._begin(path)))
        while runs:
            path, acts, process = runs.pop(0)
            if self.rng.random() < self.crashes:
                time.sleep(self.rng.uniform(0, 0.4))
                process.kill()
                process.communicate()
                self.killed += 1
                runs.append((path, acts, self._begin(path, *self.rng.choice([(), ("--restart",)]))))
                continue
            output = process.communicate(timeout=OUTAGE * 2)[0]
            if process.returncode == 3:  # no broker answered: an agency tries again
                runs.append((path, acts, self._begin(path)))
                continue
            assert process.returncode == 0, f"orgcode-publish {path}: {process.returncode}\n{output}"
            for to, framed, _ in acts:
                self.sent[to].append(framed)
            self.published += len(acts)
            if self.rng.random() < self.repeats:
                self.repeated += len(acts)
                runs.append((path, acts, self._begin(path)))

    def _begin(self, path, *args):
        command = [program_path("publish"), "--no-check", "--timeout", f"{OUTAGE}s", *args, str(path)]
        return subprocess.Popen(command, env=self.registry.env, cwd=self.registry.folder, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def check_sent(self):
        """Everything that a publisher ended well on stands in its topic, in its order."""
        for authority, sent in self.sent.items():
            following = iter(m.value for m in self.registry.read(f"acts.{authority}", timeout=60))
            lost = [json.dumps(self.load.act_of[framed]) for framed in sent if framed not in following]
            assert not lost, f"{authority}: published and not in the topic, or not in this order: {lost[0]}"
