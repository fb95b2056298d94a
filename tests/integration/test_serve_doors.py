"""The same log, the same token at every door: three copies on the primary and one on a read replica."""

import itertools
import json
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from harness.sample import SampleRegistry, sample_authorities
from harness.serve import Serve
from harness.standby import Standby
from harness.stress import rename
from harness.wait import wait_until

API = yaml.safe_load((Path(__file__).resolve().parents[2] / "schemas/api/openapi.yaml").read_text())
FRESH = {"date", "connection", "etag", "age", "content-length"}


@pytest.fixture(scope="module")
def doors(services, tmp_path_factory):
    """(the registry with the sample, its doors)."""
    if services.secure:
        pytest.skip("the base backup would need an account of its own")
    from harness import Registry
    folder = tmp_path_factory.mktemp("doors")
    registry = Registry(services, folder, authorities=sample_authorities())
    standby = None
    try:
        sample = SampleRegistry(registry)
        standby = Standby(registry, folder)
        kept = ("--snapshots", sample.snapshots)
        yield registry, [sample.serve, *(Serve(registry, *kept, label=f"serve-{n}") for n in (2, 3)),
                         Serve(registry, "--pg", standby.conninfo, *kept, label="serve-replica")]
    finally:
        registry.close()
        if standby:
            standby.close()


def targets(registry):
    """What the document shows, and every other way to ask that the contract has."""
    own = {"/healthz", "/readyz", "/metrics", "/v1/changes/stream"}  # a copy speaks of itself there; or does not end
    yield from (o["x-replay"]["target"] for path, item in API["paths"].items() for m, o in item.items() if m == "get" and "x-replay" in o and path not in own)
    codes = [code for (code,) in registry.sql("select distinct code from orgcode.code_version order by code")][::8]
    for code in (quote(c, safe='') for c in codes):
        yield from (f"/v1/organizations/{code}", f"/v1/organizations/{code}?validAt=2025-06-30", f"/v1/organizations/{code}/history", f"/v1/organizations/{code}/children",
                    f"/v1/organizations/{code}/tree?depth=3", f"/v1/resolve/{code}", f"/v1/resolve/{code}?direction=back", f"/v1/changes?subject={code}")
    for words in ("ha noi", "HÀ NỘI", "so xay dung", "bo tai chinh", "quang", "x"):
        yield from (f"/v1/organizations?q={quote(words)}", f"/v1/organizations?q={quote(words)}&status=all&limit=3")
    yield from ("/v1/organizations?limit=7", "/v1/changes", "/v1/changes?limit=3", "/v1/schemes", "/v1/compliance", "/v1/coverage", "/v1/consolidation", "/v1/organizations/H99",
                "/v1/changes?after=x", "/v1/snapshots", "/v1/snapshots/latest?format=csv", "/v1/snapshots/latest", "/dmdc/Category/H26")


@pytest.mark.noasan
def test_every_door_gives_the_same_bytes(doors):
    registry, found = doors
    count = 0
    for target in targets(registry):
        answers = [door.get(target) for door in found]
        told = {(a.status, a.body, tuple(sorted((k, v) for k, v in a.headers.items() if k not in FRESH))) for a in answers}
        assert len(told) == 1, (target, [(a.status, a.headers, a.text[:300]) for a in answers])
        etags = {a.headers.get("etag") for a in answers}
        assert len(etags) == 1, (target, etags)
        count += 1
    body = json.dumps({"codes": ["H22", "H26", "H99", "nothing"]})
    assert len({door.request("POST", "/v1/resolve", {"Content-Type": "application/json"}, body).body for door in found}) == 1
    assert count > 200


@pytest.mark.noasan
def test_a_reader_may_change_doors_at_any_time(doors):
    """By turns at every door while acts arrive: a poll and a stream each give every change once, in order, with one token."""
    registry, found = doors
    token = start = found[0].get("/v1/changes").headers["feed-head"]
    turns, polled, streamed, place = itertools.cycle(found), [], [], start
    for n in range(8):
        registry.publish([rename(registry, 10 * n + i) for i in range(5)], "--wait", check=True)
        events, token = next(turns).changes(token, wait=20)
        polled += events
        head = found[0].get("/v1/changes").headers["feed-head"]
        with next(turns).stream(headers={"Last-Event-ID": place}) as stream:
            for event in stream.until(lambda e: e.get("id") == head):
                if event.get("event") == "change":
                    streamed.append(event["data"])
                place = event.get("id", place)
    whole = found[0].all_changes(start)
    assert len(whole) == 40 and streamed == whole
    replica = found[-1]
    wait_until(lambda: replica.get("/v1/changes").headers["feed-head"] == whole[-1]["id"], 30, "the replica has all")
    while events := next(turns).changes(token)[0]:
        polled, token = polled + events, events[-1]["id"]
    assert polled == whole
