"""The programs behind a cable that is cut, joined, and slow; copies on this side of it take over meanwhile."""

import time

import psycopg2
import pytest
import wire
from harness import wait_until
from test_pauses import begin, check, said

pytestmark = pytest.mark.apart


@pytest.fixture
def cable(services):
    if not wire.possible():
        pytest.skip("network namespaces need root")
    made = wire.Wire()
    let_in(services, made.address)
    yield made
    made.remove()


def let_in(services, address):
    """The private PostgreSQL knows clients of the loopback address alone."""
    how = "hostssl all all {}/32 cert map=registry\n" if services.secure else "host all orgcode {}/32 scram-sha-256\n"
    with open(services.home / "postgres/data/pg_hba.conf", "a") as file:
        file.write(how.format(address))
    with psycopg2.connect(services.superuser) as connection:
        connection.cursor().execute("select pg_reload_conf()")


@pytest.mark.slow
@pytest.mark.noasan
def test_the_connection_is_cut_and_the_network_slow(make_registry, cable, capsys):
    registry, agencies = begin(make_registry, 31, 500)
    for name in ("validate", "apply", "notify"):
        cable.start(registry, name)
    wait_until(lambda: said(registry["apply"], '"active"'), 60, "apply active")
    for name in ("validate", "apply"):
        registry.start(name, label=f"{name}-2")
    agencies.start()
    wait_until(lambda: registry.place()["sequence"] > 20, 60, "the load flows")

    cable.cut()  # for longer than sessions and transactions live: the copies on this side take over
    wait_until(lambda: said(registry["apply-2"], '"active"'), 60, "the standby took over")
    before = registry.place()["record"]
    wait_until(lambda: registry.place()["record"] > before + 20, 60, "the registry goes on while half of it is cut off")
    time.sleep(4)
    assert cable.dropped() > 0
    cable.join()
    sent = len(registry.read("changes"))
    wait_until(lambda: len(registry.read("changes")) > sent, 60, "notify tells again")

    cable.cut()  # for less than that: nobody takes over
    time.sleep(2)
    cable.join()

    registry["apply-2"].kill()  # what is behind the cable works alone now
    what = cable.slow()
    before = registry.place()["record"]
    wait_until(lambda: registry.place()["record"] > before + 30, 90, "apply goes on over the slow network")
    sent = len(registry.read("changes"))
    wait_until(lambda: len(registry.read("changes")) > sent, 90, "notify goes on over the slow network")
    cable.cut()
    time.sleep(2)
    cable.slow()
    agencies.wait()
    cable.join()
    with capsys.disabled():
        print(f"\nslow: {what}")
    assert all(registry[name].running for name in ("validate", "validate-2", "apply", "notify")), registry.tails()
    check(registry, agencies)
