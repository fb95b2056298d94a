"""orgcode-serve on a read replica."""

import threading

import pytest
from harness.serve import Serve
from harness.standby import Standby
from harness.stress import make_small, rename
from harness.wait import SLOW, wait_until

@pytest.fixture
def pair(registry, tmp_path):
    """The registry, a copy of serve on the primary, one on the replica, the replica."""
    small = make_small(registry)
    standby = Standby(small, tmp_path)
    try:
        yield small, Serve(small, label="serve-primary"), Serve(small, "--pg", standby.conninfo, label="serve-replica"), standby
    finally:
        for label in ("serve-primary", "serve-replica"):
            small[label].kill()
        standby.close()


def test_a_replica_serves_the_same_and_waits_for_what_it_does_not_have_yet(pair):
    small, primary, replica, standby = pair
    assert replica.get("/readyz").json()["replica"] is True and "replica" not in primary.get("/readyz").json()
    stream = replica.stream(after=f"01-{0:020}")
    small.publish([rename(small, n) for n in range(5)], "--wait", check=True)
    whole = primary.all_changes()
    assert [e["data"] for e in stream.until(lambda e: e.get("id") == whole[-1]["id"]) if e.get("event") == "change"] == whole
    assert replica.all_changes() == whole and replica.organization("H26") == primary.organization("H26")
    # it stands still; the primary goes on: a token that it does not know yet waits, where the primary would refuse
    standby.sql("select pg_wal_replay_pause()")
    small.publish([rename(small, 9)], "--wait", check=True)
    ahead = primary.changes(whole[-1]["id"])[1]
    assert ahead > whole[-1]["id"]
    assert replica.changes(ahead) == ([], ahead)
    lag = replica.get("/readyz").json()
    wait_until(lambda: replica.get("/readyz").json()["lagMs"] > 1000, 30, f"lag is told: {lag}")
    early = replica.stream(after=ahead)
    assert early.next()["data"] == {"id": ahead, "head": ahead}
    answered = []
    waiting = threading.Thread(target=lambda: answered.append(replica.changes(ahead, wait=60)), daemon=True)
    waiting.start()
    small.publish([rename(small, 10)], "--wait", check=True)
    standby.sql("select pg_wal_replay_resume()")
    waiting.join(60 * SLOW)
    assert answered and [e["data"]["after"] for e in answered[0][0]] == [primary.changes(ahead)[0][0]["data"]["after"]]
    following = primary.changes(ahead)[0]
    assert [e["data"] for e in early.until(lambda e: e.get("event") == "change") if "data" in e and "specversion" in e["data"]] == following[:1]
    early.close()
    assert replica.get("/v1/changes", after="01-" + "9" * 20).status == 400 and replica.changes(f"01-{10**18:020}") == ([], f"01-{10**18:020}")
    wait_until(lambda: replica.get("/readyz").json()["lagMs"] < 1000, 30, "lag is gone")
    # promoted, it goes on as a primary of its own
    standby.sql("select pg_promote()")
    wait_until(lambda: "replica" not in replica.get("/readyz").json(), 30, "promoted")
