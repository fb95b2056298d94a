"""PostgreSQL, or Kafka, is away for five minutes: within ten seconds of its return acts are decided and told again, all that came meanwhile too.

In part `faults` of tests/run, as it only waits: ORGCODE_TEST_OUTAGE is how long, in seconds (300).
"""

import os
import time

import pytest
from harness.load import Load
from harness.oracle import Oracle
from storm import settle
from test_outages import start_copies

SECONDS = float(os.environ.get("ORGCODE_TEST_OUTAGE") or 300)
BACK = 10  # s from its return until the first new receipt
ALL = 10  # until everything is told
ACTS = 3000


@pytest.mark.slow
@pytest.mark.apart
@pytest.mark.noasan
@pytest.mark.parametrize("service", ["postgres", "kafka"])
def test_away_for_five_minutes(make_registry, services, service, capsys):
    load = Load(31, ACTS, groups=3, still=True)
    registry = make_registry(authorities=load.authorities)
    load.frame(registry)
    start_copies(registry)
    before, rest = load.chunks[:len(load.chunks) // 3], load.chunks[len(load.chunks) // 3:]
    for clock, items in before:
        load.send(registry, clock, items, scripted=False)
    services.kill(service)  # in the middle of those
    begun = time.monotonic()
    while (gone := time.monotonic() - begun) < SECONDS:
        while service == "postgres" and len(rest) > 2 and len(rest) > len(load.chunks) * 2 / 3 * (1 - gone / SECONDS):
            load.send(registry, *rest.pop(0), scripted=False)
        time.sleep(0.2)
    services.start(service)
    back = time.time()
    decided = registry.place()["receipt"]
    registry.kafka = services.kafka()  # the test's own clients may wait longer before they try again
    load.send(registry, rest[0][0], [item for _, items in rest for item in items], scripted=False)
    sent = time.time() - back
    registry.wait_all()
    receipts = [m for authority in load.authorities for m in registry.read(f"receipts.{authority}")]
    goes_on = min(m.timestamp / 1000 for m in receipts if int(m.headers["oc-number"]) > decided) - back
    took = max(m.timestamp / 1000 for m in receipts + registry.read("changes")) - back
    with capsys.disabled():
        print(f"\n{service} away for {gone:.0f} s; the last acts come {sent:.1f} s after its return, the first new receipt "
              f"{goes_on:.1f} s, and the last of {registry.place()['record']} records is told {took:.1f} s after it")
    assert goes_on <= BACK and took <= ALL
    assert all(program.running for program in registry.programs.values()), registry.tails()
    settle(registry)
    counts = Oracle(registry, load.act_of).check(load.sent)
    assert counts["accepted"] > ACTS / 4, counts
