"""Each service stands still for longer than its session lives, in the middle of a write, and goes on: a zombie tells nobody anything twice."""

import json
import os
import signal
import time

import pytest
from agencies import Agencies
from harness import wait_until
from harness.oracle import Oracle
from storm import settle

pytestmark = pytest.mark.apart

# what apply says when it goes on: that the place was moved when it commits, or before that, that its session has ended
FENCED = "fenced: another writer moved the place, or the schema was swapped; reading it again"
SILENT = "this copy was not heard of for longer than its session"
WORST = {"validate": "after-send", "apply": "before-commit", "notify": "before-kafka-commit"}


def begin(make_registry, seed, acts, **options):
    """A registry and its agencies, who have not begun. $ORGCODE_FAULTS_SEED instead of the test's own."""
    seed = int(os.environ.get("ORGCODE_FAULTS_SEED") or seed)
    print(f"seed {seed}")
    registry = make_registry(mode="scripted", authorities=["ROOT"])
    agencies = Agencies(registry, seed, acts, crashes=0, **options)
    registry.add_authorities(*agencies.load.authorities)
    return registry, agencies


def said(program, word, after=0):
    return word in program.log_text()[after:]


def reasons(program, after):
    lines = program.log_text()[after:].splitlines()
    said = [json.loads(line) for line in lines if line.startswith("{")]
    return [line.get("why", line["message"]) for line in said if line["message"] in (FENCED, "standing by")]


def stopped(program):
    return program._state() in "Tt"


def check(registry, agencies):
    settle(registry)
    oracle = Oracle(registry, agencies.load.act_of)
    counts = oracle.tally()
    assert counts == {"lost": 0, "double": 0, "out of order": 0}
    agencies.check_sent()
    return oracle.check()


@pytest.mark.slow
@pytest.mark.noasan
def test_zombies_stop_or_stand_by_and_say_why(make_registry):
    registry, agencies = begin(make_registry, 21, 300)
    triggers = {}
    for name, point in WORST.items():
        triggers[name] = registry.folder / f"stop-{name}"
        registry.start(name, label=name, env={"ORGCODE_CRASH_AT": point, "ORGCODE_CRASH_FILE": str(triggers[name]),
                                              "ORGCODE_CRASH_SIGNAL": "STOP"})
    validate, apply, notify = (registry[name] for name in WORST)
    wait_until(lambda: said(apply, '"active"'), 30, "apply active")
    registry.start("validate", label="validate-2")
    registry.start("apply", label="apply-2")
    agencies.start()
    wait_until(lambda: registry.place()["sequence"] > 20, 60, "the load flows")
    for trigger in triggers.values():
        trigger.write_text("")
    wait_until(lambda: all(map(stopped, (validate, apply, notify))), 60, "each stopped in the middle of a write")
    registry.start("notify", label="notify-2")
    wait_until(lambda: said(registry["apply-2"], '"active"'), 60, "the standby of apply took over")
    before = registry.place()["record"]
    wait_until(lambda: registry.place()["record"] > before + 20, 60, "apply goes on")
    sent = len(registry.read("changes"))
    wait_until(lambda: len(registry.read("changes")) > sent, 60, "the second notify tells")
    lengths = {p.label: len(p.log_text()) for p in (validate, apply, notify)}
    for program in (validate, apply, notify):
        program.resume()
    assert notify.wait(60) == 4 and said(notify, "another orgcode-notify has taken over", lengths["notify"]), notify.tail()
    wait_until(lambda: reasons(apply, lengths["apply"]), 60, apply.tail)
    assert set(reasons(apply, lengths["apply"])) <= {FENCED, SILENT}, apply.tail()
    wait_until(lambda: said(validate, '"lost":true', lengths["validate"]), 60, validate.tail)
    agencies.wait()
    assert validate.running and apply.running
    del registry.programs["notify"]
    registry.programs["notify"] = registry.programs.pop("notify-2")
    counts = check(registry, agencies)
    assert counts["repeats"] > 0, counts


@pytest.mark.slow
@pytest.mark.noasan
def test_the_services_stand_still_for_longer_than_sessions_live(make_registry, services):
    """A Kafka and a PostgreSQL that hang, and take up where they were: first one, then the other."""
    registry, agencies = begin(make_registry, 22, 300)
    for label in ("validate", "validate-2", "apply", "apply-2", "notify"):
        registry.start(label.partition("-")[0], label=label)
    agencies.start()
    wait_until(lambda: registry.place()["sequence"] > 20, 60, "the load flows")
    for service in ("kafka", "postgres"):
        pids = tree(services.pid(service))
        try:
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            time.sleep(12)  # longer than the sessions (6 s) and transactions (10 s) live
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
    agencies.wait()
    assert all(program.running for program in registry.programs.values()), registry.tails()
    check(registry, agencies)


def tree(pid):
    """A process and its children."""
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return [pid, *map(int, children.read().split())]
