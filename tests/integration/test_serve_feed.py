"""orgcode-serve's feed, clause by clause (schemas/contract.md C-40 to C-45): polls, server-sent events, and a follower of both."""

import hashlib
import itertools
import json
import re
import threading
import time

import pytest

from harness.oracle import canonical
from harness.serve import Serve
from harness.wait import SLOW, wait_until

ZEROS = "0" * 64


def sequence_of(token):
    return int(token.partition("-")[2])


@pytest.fixture
def live(registry):
    """A running registry with one unit, and a copy of serve."""
    registry.start_all()
    registry.publish([registry.established("H26", "ROOT"), registry.established("H26.01")], "--wait", check=True)
    registry.wait_all()
    return registry, Serve(registry)


def contact(registry, code, number, authority=None):
    return registry.act("contact_updated", {"code": code, "set": {"phone": str(number)}}, authority or code[:3], decision=False)


# ---- polls -------------------------------------------------------------------------------------------------------------

def test_events_are_those_of_kafka(sample):
    """C-40, C-3, C-13, C-14: the same attributes and data as on the topic, and the chain holds."""
    previous = ZEROS
    events = sample.serve.all_changes(limit=1000)
    for number, (event, told) in enumerate(zip(events, sample.registry.changes(), strict=True), 1):
        assert event["data"] == told["data"] and event["sequence"] == f"{number:020}" and event["id"] == f"01-{number:020}"
        for name in ("specversion", "id", "source", "type", "subject", "partitionkey", "time", "recordedtime", "subjectversion", "correlationid", "dataschema"):
            assert event[name] == told[name], name
        assert [event["actindex"], event["actcount"]] == [int(told["actindex"]), int(told["actcount"])] and event["datacontenttype"] == "application/json"
        plain = {**{k: v for k, v in event.items() if k != "source"}, "data": {k: v for k, v in event["data"].items() if k not in ("hash", "previousHash")}}
        assert event["data"]["previousHash"] == previous
        previous = hashlib.sha256(previous.encode() + canonical(plain)).hexdigest()
        assert event["data"]["hash"] == previous


def test_pages(sample):
    """C-40, C-41: forms, limit, tokens, the link to the next page."""
    serve = sample.serve
    whole = serve.all_changes(limit=1000)
    head = whole[-1]["id"]
    first = serve.get("/v1/changes", limit=7)
    assert first.headers["content-type"] == "application/cloudevents-batch+json" and first.json() == whole[:7]
    assert first.headers["feed-next"] == whole[6]["id"] and first.headers["feed-head"] == head
    assert first.headers["feed-oldest"] == "01-" + "0" * 20 and int(first.headers["feed-lag"]) == len(whole) - 7
    lines = serve.get("/v1/changes", {"Accept": "application/x-ndjson"}, limit=7)
    assert lines.headers["content-type"] == "application/x-ndjson" and [json.loads(x) for x in lines.text.splitlines()] == whole[:7]
    out, target = [], "/v1/changes?limit=97"
    while True:
        page = serve.get(target)
        target = re.fullmatch(r'<(.+)>; rel="next"', page.headers["link"])[1]
        out += page.json()
        if not page.json():
            break
    assert out == whole and page.headers["feed-next"] == head and page.headers["feed-lag"] == "0"
    assert serve.changes(first.headers["feed-oldest"], limit=3)[0] == whole[:3]
    for query in ({"limit": 0}, {"limit": 1001}, {"limit": "x"}, {"wait": 61}, {"wait": "x"}, {"type": "x"}, {"authority": "x"}, {"since": "x"}):
        serve.problem("/v1/changes", 400, "parameter", **query)


def test_since(sample):
    """C-40: from the first recorded then or later; of a day, from its start."""
    whole = sample.serve.all_changes(limit=1000)
    for moment in {e["recordedtime"] for e in whole[:: len(whole) // 6]}:
        wanted = [e for e in whole if e["recordedtime"] >= moment]
        assert sample.serve.changes(since=moment, limit=1)[0] == wanted[:1]
    day = whole[0]["recordedtime"][:10]
    assert sample.serve.changes(since=day, limit=1)[0] == whole[:1]
    assert sample.serve.changes(since="2999-01-01")[0] == []


def test_filters_have_no_false_gaps(sample):
    """C-41, C-42: what fits comes, all of it; the token moves on where nothing does."""
    serve = sample.serve
    whole = serve.all_changes(limit=1000)
    renamed = "vn.gov.orgcode.organization.renamed.v1"
    for query, fits in (
            ({"subject": "H26.18"}, lambda e: e["subject"] == "H26.18"), ({"subject": "prefix:H22"}, lambda e: e["subject"].startswith("H22")),
            ({"type": renamed}, lambda e: e["type"] == renamed), ({"authority": "G12"}, lambda e: e["data"]["authority"] == "G12"),
            ({"authority": "H26", "subject": "prefix:H26.1"}, lambda e: e["data"]["authority"] == "H26" and e["subject"].startswith("H26.1")),
            ({"subject": "Z99"}, lambda e: False), ({"subject": "prefix:%"}, lambda e: False)):
        for limit in (1, 50, 1000):
            assert serve.all_changes(limit=limit, **query) == [e for e in whole if fits(e)], (query, limit)
        assert serve.changes(limit=1000, subject="Z99")[1] == whole[-1]["id"]


def test_tokens(sample):
    """C-43"""
    serve = sample.serve
    head = serve.get("/v1/changes").headers["feed-head"]
    for token in ("x", "1", "01-1", "01-0000000000000000000x", "01_" + "0" * 20, "01-" + "9" * 20, "-1", "01-" + "0" * 20 + "1"):
        assert serve.problem("/v1/changes", 400, "token", after=token)["value"] == token
        serve.problem("/v1/changes/stream", 400, "token", after=token)
    ahead = f"01-{sequence_of(head) + 1:020}"
    assert serve.problem("/v1/changes", 409, "token-ahead", after=ahead)["expected"] == head
    serve.problem("/v1/changes/stream", 409, "token-ahead", after=ahead)
    serve.problem("/v1/changes", 410, "token-epoch", after="02-" + "0" * 20)
    assert serve.get("/v1/changes", after="02-" + "0" * 20).headers["link"] == '</v1/snapshots/latest>; rel="snapshot"'


def test_wait(live):
    """C-42: the answer comes with the change, and not before; one that does not fit moves the token alone."""
    registry, serve = live
    head = serve.get("/v1/changes").headers["feed-head"]
    began = time.monotonic()
    assert serve.changes(head, wait=1) == ([], head) and time.monotonic() - began >= 0.9
    assert serve.changes(head) == ([], head)
    answers = {}

    def ask(name, **query):
        answers[name] = (*serve.changes(head, **query), time.monotonic())
    threads = [threading.Thread(target=ask, args=(name,), kwargs=query) for name, query in
               {"all": {"wait": "60s"}, "fits": {"wait": 60, "subject": "H26.01"}, "other": {"wait": 60, "subject": "H26.02"}}.items()]
    for thread in threads:
        thread.start()
    registry.publish([contact(registry, "H26.01", 5)], "--wait", check=True)
    for thread in threads[:2]:
        thread.join(50 * SLOW)
    assert set(answers) == {"all", "fits"}, "the one that does not fit still waits"
    assert [e["data"]["record"]["info"]["phone"] for e in answers["fits"][0]] == ["5"] and answers["all"][:2] == answers["fits"][:2]
    registry.publish([registry.established("H26.02")], "--wait", check=True)
    threads[2].join(50 * SLOW)
    events, token, _ = answers["other"]
    assert [e["subject"] for e in events] == ["H26.02"] and sequence_of(token) == sequence_of(head) + 2


# ---- streams -----------------------------------------------------------------------------------------------------------

def test_stream_catches_up_and_follows(live):
    """C-44: older changes, then new ones, each once; the same events as a poll gives."""
    registry, serve = live
    with serve.stream(after="01-" + "0" * 20) as stream:
        assert stream.status == 200 and stream.headers["content-type"] == "text/event-stream" and stream.headers["access-control-allow-origin"] == "*"
        got = [e for e in stream.until(lambda e: e.get("id", "").endswith("2") and e["event"] == "change") if e["event"] == "change"]
        for number in range(3):
            registry.publish([contact(registry, "H26.01", number)], "--wait", check=True)
            got += [e for e in stream.until(lambda e: e.get("event") == "change") if e.get("event") == "change"]
    assert [e["data"] for e in got] == serve.all_changes() and all(e["id"] == e["data"]["id"] for e in got)
    # Last-Event-ID comes before the address
    with serve.stream(headers={"Last-Event-ID": got[2]["id"]}, after="01-" + "0" * 20) as stream:
        assert stream.until(lambda e: e.get("event") == "change")[-1]["id"] == got[3]["id"]
    # an empty one is none
    with serve.stream(headers={"Last-Event-ID": ""}, after=got[0]["id"]) as stream:
        assert stream.until(lambda e: e.get("event") == "change")[-1]["id"] == got[1]["id"]
    # without a token: from now on
    with serve.stream() as stream:
        assert stream.next()["event"] == "bookmark"
        registry.publish([contact(registry, "H26.01", 9)], "--wait", check=True)
        assert stream.until(lambda e: e.get("event") == "change")[-1]["data"]["data"]["record"]["info"]["phone"] == "9"


@pytest.mark.noasan
def test_a_stream_is_woken_by_the_commit(live):
    """Not by the clock, by which the primary is asked once a second in case a notification was lost."""
    registry, serve = live
    took = []
    with serve.stream() as stream:
        assert stream.next()["event"] == "bookmark"
        for number in range(15):
            head = registry.place()["sequence"]
            registry.publish([contact(registry, "H26.01", number)], check=True)
            wait_until(lambda: registry.place()["sequence"] > head, 20, "applied", every=0.005)
            began = time.monotonic()
            assert stream.until(lambda e: e.get("event") == "change")[-1]["id"] == f"01-{head + 1:020}"
            took.append(time.monotonic() - began)
    assert sorted(took)[len(took) // 2] < 0.25, took


def test_stream_filters(live):
    """C-44, C-45: bookmarks say how far a filter has been asked."""
    registry, serve = live
    with serve.stream(after="01-" + "0" * 20, subject="H26.02") as stream:
        first = stream.next()
        assert first["event"] == "bookmark" and set(first["data"]) == {"id", "head"}
        registry.publish([contact(registry, "H26.01", 1)], "--wait", check=True)
        head = serve.get("/v1/changes").headers["feed-head"]
        events = stream.until(lambda e: e.get("event") == "bookmark" and e["id"] == head)
        assert all(e.get("event") != "change" for e in events) and events[-1]["data"] == {"id": head, "head": head}
        registry.publish([registry.established("H26.02")], "--wait", check=True)
        assert stream.until(lambda e: e.get("event") == "change")[-1]["data"]["subject"] == "H26.02"


def test_reset_and_bye(live):
    """C-45"""
    registry, serve = live
    with serve.stream(after="07-" + "0" * 19 + "1") as stream:
        event = stream.until(lambda e: e.get("event") == "reset")[-1]
        assert event["data"] == {"snapshot": "/v1/snapshots/latest"} and stream.next() is None
    streams = [serve.stream() for _ in range(5)]
    for stream in streams:
        assert stream.next()["event"] == "bookmark"
    assert serve.program.running
    serve.program.process.terminate()
    retries = set()
    for stream in streams:
        event = stream.until(lambda e: e.get("event") == "bye")[-1]
        retries.add(int(event["retry"]))
        assert stream.next() is None
        stream.close()
    assert serve.program.wait() == 0 and len(retries) > 1 and all(500 <= r <= 10000 for r in retries)


def test_a_comment_within_fifteen_seconds(live):
    """C-45: for each of many."""
    _, serve = live
    heard = []

    def listen():
        with serve.stream() as stream:
            stream.next()
            began = time.monotonic()
            heard.append(("comment" in stream.next(), time.monotonic() - began))
    threads = [threading.Thread(target=listen) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 40 and all(good and time_ < 15 + SLOW for good, time_ in heard), heard


def test_head_of_a_stream(live):
    """C-26: it ends, and the next request is served."""
    _, serve = live
    head = serve.request("HEAD", "/v1/changes/stream", timeout=20)
    assert head.status == 200 and head.headers["content-type"] == "text/event-stream" and head.raw == b""
    assert serve.get("/v1/changes").status == 200


# ---- a follower --------------------------------------------------------------------------------------------------------

class Follower:
    """What every reader does: the snapshot, then the feed, dropping what it has. By streams and polls in turn."""

    def __init__(self, serve):
        self.serve, self.rows, self.sequence, self.seen, self.stop, self.errors = serve, {}, None, [], False, 0

    def begin(self):
        answer = self.serve.get("/v1/snapshots/latest", {"Accept-Encoding": "gzip"})
        assert answer.status == 200
        head, *records = [json.loads(line) for line in answer.text.splitlines()]
        self.rows = {r["code"]: r for r in records}
        assert list(self.rows) == sorted(self.rows, key=str.encode) and head["asOf"]["id"] == answer.headers["feed-next"]
        self.sequence = sequence_of(head["asOf"]["id"])
        return self

    def take(self, event):
        number = int(event["sequence"])
        if number <= self.sequence:
            return
        assert number == self.sequence + 1, f"a gap: {number} behind {self.sequence}"
        self.sequence = number
        self.seen.append(number)
        if event["data"]["record"] is not None and not event["subject"].startswith("scheme:"):
            self.rows[event["subject"]] = event["data"]["record"]

    def run(self):
        for turn in itertools.count():
            if self.stop:
                return
            token = f"01-{self.sequence:020}"
            try:
                if turn % 2:
                    with self.serve.stream(headers={"Last-Event-ID": token}) as stream:
                        for _ in range(40):
                            event = stream.next()
                            if event is None or self.stop:
                                break
                            if event.get("event") == "change":
                                self.take(event["data"])
                else:
                    for event in self.serve.changes(token, wait=2, limit=20)[0]:
                        self.take(event)
            except (OSError, ValueError, TypeError, __import__("http.client").client.HTTPException):
                self.errors += 1  # it is being killed
                time.sleep(0.05)


def test_a_follower_holds_exactly_the_directory(registry):
    """C-46, C-40, C-44: snapshot, then feed, while acts keep arriving and serve is killed and restarted under it."""
    registry.start_all()
    registry.publish([registry.established("H26", "ROOT"), registry.established("G12", "ROOT")], "--wait", check=True)
    registry.publish([registry.established(f"H26.{n}") for n in range(100, 160)], "--wait", check=True)
    serve = Serve(registry, "--snapshots", registry.folder / "snapshots")
    wait_until(lambda: serve.get("/v1/snapshots/latest").status == 200, 30, "a snapshot")
    follower = Follower(serve).begin()
    thread = threading.Thread(target=follower.run)
    thread.start()
    fixed = Serve(registry, label="watcher")  # never killed: only to ask how far the feed is
    try:
        for round_ in range(5):
            acts = [contact(registry, f"H26.{n}", round_ * 100 + n) for n in range(100 + round_ * 10, 120 + round_ * 8)]
            acts += [registry.established(f"H26.{200 + round_}"), registry.act("closed", {"code": f"H26.{150 + round_}"})]
            registry.publish(acts, check=True)
            serve.program.kill()
            serve.program.args[serve.program.args.index("--listen") + 1] = f"127.0.0.1:{serve.port}"
            serve.program.start()
            serve.wait()
            registry.publish([contact(registry, f"H26.{100 + n}", f"{round_} {n}") for n in range(10)], "--wait", check=True)
        registry.wait_all()
        head = sequence_of(fixed.get("/v1/changes").headers["feed-head"])
        wait_until(lambda: follower.sequence >= head or not thread.is_alive(), 60, lambda: f"the follower at {follower.sequence} of {head}")
    finally:
        follower.stop = True
        thread.join(90 * SLOW)
    assert follower.seen == list(range(follower.seen[0], head + 1)) and len(follower.seen) > 100
    directory, cursor = {}, {}
    while cursor is not None:
        page = fixed.ask("/v1/organizations", limit=200, **cursor)
        directory.update({r["code"]: r for r in page["organizations"]})
        cursor = {"cursor": page["next"]} if "next" in page else None
    assert follower.rows == directory
    assert {k: v["status"] for k, v in follower.rows.items()} == dict(registry.sql(
        "select code, case status when 1 then 'open' else 'closed' end from orgcode.code where status <> 0"))
