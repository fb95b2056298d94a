"""The programs end in time, with what they were doing under way, when their Kafka does not answer or is another one."""

import os
import signal
import time

import pytest
from harness import Services, wait_until

BOUND = 25  # of the 30 s that the units give


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    """A Kafka that may be lost."""
    found = Services(tmp_path_factory.mktemp("end"))
    try:
        found.start()
        yield found
    finally:
        found.clean()


def tree(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return [pid, *map(int, children.read().split())]


def send(services, pid, number):
    for one in tree(pid):
        os.kill(one, number)


class Killed:
    def begin(self, services):
        services.kill("kafka")

    def end(self, services):
        services.start("kafka")


class Frozen:
    """Connections stand, and nothing is answered."""

    def begin(self, services):
        self.pid = services.pid("kafka")
        send(services, self.pid, signal.SIGSTOP)

    def end(self, services):
        send(services, self.pid, signal.SIGCONT)


class Replaced:
    """Another cluster at the same address, without any topic."""

    def begin(self, services):
        services.kill("kafka")
        services._run("clean", "kafka")
        services.start("kafka")

    def end(self, services):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("fate", [Killed, *(pytest.param(fate, marks=pytest.mark.noasan) for fate in (Frozen, Replaced))])
def test_they_end_without_their_kafka(make_registry, services, fate):
    registry, fate = make_registry(), fate()
    acts = registry.frames([registry.established(f"H26.{n}") for n in range(1, 1501)])
    for label in ("validate", "validate-2", "apply", "apply-2", "notify"):
        registry.start(label.partition("-")[0], label=label)
    registry.send_act_bytes("H26", acts[0])
    registry.wait_all()
    registry.kafka.send_many(f"{registry.prefix}.acts.H26", [dict(value=a) for a in acts[1:]])
    wait_until(lambda: registry.journal_end() > 200, 30, every=0.01)
    fate.begin(services)
    try:
        time.sleep(0.5)
        programs = list(registry.programs.values())
        for program in programs:
            program.signal(signal.SIGTERM)
        codes = {program.wait(BOUND) for program in programs}
        # a new cluster that checks rights has none for them: who hears of that before the signal must stop
        assert codes <= ({0, 4} if services.secure and isinstance(fate, Replaced) else {0}), registry.tails()
    finally:
        fate.end(services)
