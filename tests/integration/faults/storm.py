"""Kills everything at random while agencies publish, then counts what was lost, double and out of order against the model."""

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import psycopg2
from agencies import Agencies
from harness import wait_until
from harness.oracle import Oracle

PROGRAMS = ("validate", "validate-2", "apply", "apply-2", "notify")
# what is killed, and how often: a backend is the PostgreSQL process that serves one of the programs
WEIGHTS = {"validate": 3, "validate-2": 3, "apply": 4, "apply-2": 4, "notify": 4, "backend of apply": 2, "backend of notify": 1,
           "postgres": 2, "kafka": 2}

REDRIVE = ("redrive", "--again", "--limit", "20")
REDRIVE_POINTS = ("redrive-sent", "redrive-committed", "redrive-noted")


class Storm:
    """One registry and its programs from the first act to the count at the end."""

    def __init__(self, registry_of, services, seed, kills, victims=None, mode="scripted"):
        print(f"seed {seed} ({mode})")
        self.seed, self.rng, self.services, self.kills = seed, random.Random(seed), services, kills
        self.weights = {name: weight for name, weight in WEIGHTS.items() if not victims or name in victims}
        self.killed = []
        acts = max(300, kills * 30)
        self.registry = registry_of(mode=mode, authorities=["ROOT"])
        self.agencies = Agencies(self.registry, self.rng.getrandbits(31), acts)
        self.registry.add_authorities(*self.agencies.load.authorities)

    def run(self):
        """All of it; AssertionError when something differs. Returns the counts."""
        for label in PROGRAMS:
            self.registry.start(label.partition("-")[0], label=label)
        self.agencies.allowed = 0
        self.agencies.start()
        try:
            while len(self.killed) < self.kills:
                self.agencies.allowed = (len(self.killed) + 1) / self.kills  # it lasts as long as the kills
                time.sleep(self.rng.uniform(0.1, 1.5))
                self.strike()
                if len(self.killed) > self.kills // 2 and "redrive" not in self.registry.programs:
                    self.registry.start("replay", *REDRIVE, label="redrive", env={"ORGCODE_CRASH_AT": self.rng.choice(REDRIVE_POINTS)})
                assert self.agencies.error is None, self.agencies.error
        except BaseException:
            self.agencies.leave()
            raise
        self.agencies.stop()
        self.registry["redrive"].wait(120)
        done = self.registry.run("replay", *REDRIVE)
        assert done.returncode == 0, done.stdout + done.stderr
        settle(self.registry)
        return self.check()

    def strike(self):
        """One to three victims, killed one right after the other, and started again after a while."""
        victims = self.draw()
        for victim in victims:
            self.kill(victim)
        time.sleep(self.rng.choice([0, 0.1, self.rng.uniform(0, 1.5)]))
        for victim in victims:
            if victim in PROGRAMS:
                self.registry[victim].start()
            elif victim in ("kafka", "postgres"):
                start_service(self.services, victim)

    def draw(self):
        """By chance, but whoever has not been killed when half of the kills that will be left are needed for that."""
        left = self.kills - len(self.killed)
        count = min(self.rng.choices([1, 2, 3], [4, 3, 2])[0], left)
        missing = [victim for victim in self.weights if victim not in self.killed]
        if missing and 2 * len(missing) >= left - count:
            return missing[:count]
        return list(dict.fromkeys(self.rng.choices(list(self.weights), list(self.weights.values()), k=count)))

    def kill(self, victim):
        if victim in PROGRAMS:
            program = self.registry[victim]
            assert program.running, f"{victim} ended by itself ({program.process.returncode})\n{program.tail()}"
            program.kill()
        elif victim.startswith("backend"):
            pid = backend_of(self.registry, victim.rpartition(" ")[2])
            if pid is None:
                return  # not connected just now: nothing was killed
            os.kill(pid, signal.SIGKILL)
        else:
            self.services.kill(victim)
        self.killed.append(victim)

    def check(self):
        oracle = Oracle(self.registry, self.agencies.load.act_of)
        counts = {"kills": len(self.killed), **oracle.tally()}
        assert counts["lost"] == counts["double"] == counts["out of order"] == 0, counts
        self.agencies.check_sent()
        counts["redriven"] = len(self.registry.read("redrive", timeout=60))
        rebuilt_equal(self.registry)
        return {**counts, "published": self.agencies.published, "publishers killed": self.agencies.killed,
                "published again": self.agencies.repeated, **oracle.check()}

    def victims_text(self):
        return ", ".join(f"{name} {count}" for name, count in Counter(self.killed).most_common())


def start_service(services, name):
    """As a service manager does: again and again, for what a killed server leaves behind may be busy for a while (a session of PostgreSQL's that
    waits for a checkpoint goes on waiting for a minute)."""
    until = time.monotonic() + 150
    while True:
        try:
            return services.start(name)
        except AssertionError:
            if time.monotonic() > until:
                raise
            time.sleep(3)


def rebuilt_equal(registry):
    """What the journal makes in a schema of its own is what all the deaths have left, row by row."""
    registry.run("replay", "rebuild", "--into", "again", "--to", registry.place()["next_offset"], check=True, timeout=600)
    done = registry.run("replay", "verify", "--schema", "again", "--against", "orgcode", "--digest", timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


def backend_of(registry, name):
    """Process id of the PostgreSQL backend that serves orgcode-NAME; None when there is none now."""
    try:
        rows = registry.sql("select pid from pg_stat_activity where datname = %s and application_name = %s order by backend_start",
                            registry.database, f"orgcode-{name}")
        pid = rows[-1][0] if rows else None
        return pid if pid and Path(f"/proc/{pid}/comm").read_text().strip() == "postgres" else None
    except (psycopg2.Error, FileNotFoundError):  # PostgreSQL is just coming back, or the backend just went
        return None


def settle(registry, deadline=240):
    """Until the pipeline is idle; then everything ends by itself, and nothing is left to tell."""
    registry.wait_all(deadline=deadline)
    for label, program in registry.programs.items():
        if label != "notify" and program.running:
            assert program.stop(30) == 0, program.tail()
    registry.wait_applied(deadline=deadline)
    registry.wait_notified(deadline=deadline)
    assert registry["notify"].stop(30) == 0, registry["notify"].tail()
    wait_until(lambda: not any(p.running for p in registry.programs.values()), 10, "all programs ended")
