"""The broker's clock and the machine's are set wrong, forward and back: neither alone moves journal time ahead, and nothing turns it back.

Set to just before midnight, both show that what was announced takes effect on time although nothing arrives.
"""

import shutil
import signal
import tempfile
import time

import clocks
import pytest
from harness import Registry, Services, wait_until
from harness.load import nfc
from harness.oracle import Oracle
from harness.registry import millis
from harness.services import SECURE
from storm import settle
from test_apply_crash import replay, wait_active

pytestmark = pytest.mark.apart

DAY = 86400
OWN_AHEAD = 300  # seconds that the broker's stamp may be ahead of the appender's own
SPARE = 120  # seconds that a slow machine may take


@pytest.fixture
def broker_clock(tmp_path):
    return clocks.Clock(tmp_path / "broker")


@pytest.fixture
def own_services(broker_clock):
    """A test's own: a broker whose clock was set back makes no topics before the old time has come again."""
    if SECURE:
        pytest.skip("ten days ago no certificate of today is valid yet, and a broker of then lets nobody in")
    home = tempfile.mkdtemp(prefix="orgcode-clock-")
    services = Services(home)
    try:
        services.start("postgres")
        services.env.update(broker_clock.env)
        services.start()
        yield services
    finally:
        services.clean()
        shutil.rmtree(home, ignore_errors=True)


def now():
    return int(time.time() * 1000)


class Story:
    """A live registry, into which one establishment after the other goes; each has its receipt before the next."""

    def __init__(self, services, folder, broker, machine):
        self.registry, self.broker, self.machine = Registry(services, folder), broker, machine
        first = [self.registry.established("H26", "ROOT", on="2025-01-01"), self.registry.established("H26.900", on=day(5 * DAY))]
        acts = first + [self.registry.established(f"H26.{number}") for number in range(1, 200)]
        for act in acts:
            act["publishedAt"] = "2025-07-01T00:00:00.000+07:00"
        frames = self.registry.frames(acts)
        self.act_of = dict(zip(frames, map(nfc, acts)))
        self._following = iter(frames)
        self.tended = False

    def next(self):
        """Publishes one more; returns its verdict."""
        frame = next(self._following)
        act = self.act_of[frame]
        self.registry.kafka.send(f"{self.registry.prefix}.acts.{act['authority']}", frame)
        wait_until(lambda: self.tend() and act["actId"] in self.registry.verdicts(act["authority"]), 60,
                   lambda: f"a receipt; acts {self.registry.acts_ends()}, journal {self.registry.journal_end()}, "
                   f"{self.registry.place()}\n{self.registry.tails()}")
        return self.registry.verdicts(act["authority"])[act["actId"]]

    def tend(self):
        """As a service manager: librdkafka 2.0.2 ends its process when the broker has forgotten a transaction that it commits.

        No more than once for each move of the clocks, and notify alone has transactions.
        """
        for program in self.registry.programs.values():
            if not program.running:
                assert program.process.returncode == -signal.SIGABRT and "rd_kafka_txn_set_state" in program.tail(3), program.tail()
                assert program.name == "notify" and not self.tended, f"{program.label} ends again and again\n{program.tail()}"
                self.tended = True
                program.start()
        return True

    def clocks(self, broker, machine):
        """Sets both, in seconds, and waits until records show it; returns journal time before and after, in seconds from now."""
        before = self.time()
        self.broker.set(broker)
        self.machine.set(machine)
        self.tended = False
        wait_until(lambda: self._seen(broker, machine), 60, f"clocks at {broker} and {machine}", every=0.2)
        return before, self.time()

    def _seen(self, broker, machine):
        assert self.next() == "accepted"
        last = [m for m in self.registry.read("journal") if m.headers["oc-kind"] == b"act"][-1]
        return (abs(last.timestamp - now() - broker * 1000) < SPARE * 1000
                and abs(int(last.headers["oc-stamp"]) - now() - machine * 1000) < SPARE * 1000)

    def time(self):
        """Journal time, in seconds from now."""
        return (self.registry.place()["time_ms"] - now()) / 1000


def day(seconds):
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + 7 * 3600 + seconds))


@pytest.mark.noasan
def test_what_was_announced_takes_effect_at_midnight_although_nothing_arrives(own_services, broker_clock, tmp_path):
    machine = clocks.Clock(tmp_path / "machine")
    registry = Registry(own_services, tmp_path / "registry")
    for name in ("validate", "apply", "notify"):
        registry.start(name, env=machine.env)
    midnight = (int(time.time()) + 7 * 3600 + 2 * 3600) // DAY * DAY + DAY - 7 * 3600  # in Hanoi, two hours from now or later

    def set_both(before):
        """Both clocks to so many seconds before that midnight."""
        for clock in (broker_clock, machine):
            clock.set(int(midnight - before - time.time()))

    try:
        set_both(3600)
        root = registry.established("H26", "ROOT", on="2025-01-01")
        coming = registry.established("H26.1", on=day(midnight - time.time()))
        registry.kafka.send_many(f"{registry.prefix}.acts.ROOT", [dict(value=v) for v in registry.frames([root])])
        wait_until(lambda: registry.verdicts("ROOT") == {root["actId"]: "accepted"}, 60, registry.tails)
        registry.kafka.send_many(f"{registry.prefix}.acts.H26", [dict(value=v) for v in registry.frames([coming])])
        wait_until(lambda: registry.verdicts("H26") == {coming["actId"]: "announced"}, 60, registry.tails)
        wait_active(registry["apply"])
        end = registry.journal_end()
        set_both(3)
        wait_until(lambda: registry.verdicts("H26") == {coming["actId"]: "accepted"}, 60, registry.tails)
        told = time.time() - (midnight - machine.seconds)
        later = registry.read("journal", start=end)
        assert later and {m.headers["oc-kind"] for m in later} == {b"tick"} and len(later) <= 3
        announced, change = [c for c in registry.changes() if c["subject"] == "H26.1"]
        assert announced["type"].endswith("act.announced.v1") and change["type"].endswith("organization.established.v1")
        late = millis(change["recordedtime"]) - midnight * 1000
        print(f"announced for midnight: recorded {late} ms after it, told within {told:.1f} s")
        assert 0 <= late <= 2000 and told <= 4
        found, again = replay(registry)
        assert found == again and found["sequence"] == 3
    finally:
        registry.close()


@pytest.mark.slow
@pytest.mark.noasan
def test_journal_time_with_wrong_clocks(own_services, broker_clock, tmp_path):
    story = Story(own_services, tmp_path / "registry", broker_clock, clocks.Clock(tmp_path / "machine"))
    registry = story.registry
    for label in ("validate", "apply", "apply-2", "notify"):
        registry.start(label.partition("-")[0], label=label, env=story.machine.env)
    assert story.next() == "accepted"
    assert abs(story.time()) < SPARE
    assert story.next() == "announced"

    story.clocks(broker=10 * DAY, machine=0)  # the broker alone is ahead: five minutes at most
    assert story.time() <= OWN_AHEAD
    before, after = story.clocks(broker=-10 * DAY, machine=0)  # and behind: time stands still
    assert before - SPARE <= after <= OWN_AHEAD
    story.clocks(broker=0, machine=10 * DAY)  # the programs alone are ahead: the broker's word holds
    assert story.time() <= OWN_AHEAD
    story.clocks(broker=0, machine=-10 * DAY)  # and behind: time stands still
    assert story.time() <= OWN_AHEAD
    assert registry.value("select count(*) from orgcode.code where code = 'H26.900' and status <> 0") == 0, "before its day"
    ticks = sum(1 for m in registry.read("journal") if m.headers["oc-kind"] == b"tick")
    assert ticks <= 60, "a clock that is ahead made a flood of ticks"

    story.clocks(broker=10 * DAY, machine=10 * DAY)  # both: nobody could know better
    assert story.time() > 10 * DAY - SPARE
    wait_until(lambda: registry.value("select status from orgcode.code where code = 'H26.900'") == 1, 60, "what was announced")
    before, after = story.clocks(broker=0, machine=0)  # right again: time waits for them
    assert 10 * DAY - SPARE < after <= 10 * DAY + OWN_AHEAD
    story.tend()
    settle(registry)
    oracle = Oracle(registry, story.act_of)
    assert oracle.tally() == {"lost": 0, "double": 0, "out of order": 0}
    oracle.check()
    registry.close()
