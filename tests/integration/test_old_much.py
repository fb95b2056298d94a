"""orgcode-serve with much at once and with readers that are slow: what it promises holds, and what it costs has a bound."""

import contextlib
import http.client
import json
import re
import threading
import time

import psycopg2
import pytest
from harness.serve import Serve
from harness.stress import free_port, locked, make_still, metric, rest_of, slow_reader, write_changes, write_codes, write_edges
from harness.wait import SLOW, wait_until


@pytest.fixture
def still(registry):
    return make_still(registry)


def tokens(first, count):
    return [f"01-{n:020}" for n in range(first, first + count)]


def changes_of(text):
    """Ids of the changes in a raw stream, without the chunks' lengths; the events' names in order."""
    plain = re.sub(rb"\r\n[0-9a-fA-F]+\r\n", b"", text)
    return re.findall(r"^id: (\S+)\nevent: change$", plain.decode(errors="replace"), re.M), re.findall(rb"^event: (\w+)$", plain, re.M)


def in_threads(jobs):
    threads = [threading.Thread(target=job, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    return threads


def test_an_empty_page_is_the_end(still):
    """C-42: however long the request waited, and however much the filter has to pass over."""
    serve = Serve(still)
    write_changes(still, 60_000)
    write_changes(still, 1, "H26.01")
    answers = []
    with locked(still, "change"):
        poll, = in_threads([lambda: answers.append(serve.changes(subject="H26.01"))])
        waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name like 'orgcode-serve%%'"
        wait_until(lambda: still.value(waits) >= 1, 20, "the poll has begun")
        time.sleep(1.2)  # longer than it may look at a time
    poll.join()
    (events, token), = answers
    assert [e["subject"] for e in events] == ["H26.01"] and token == events[0]["id"]
    assert serve.changes(subject="H26.02") == ([], token)


def test_a_poll_waits_for_what_fits_however_much_does_not(still):
    """C-42: more than is kept in memory comes between."""
    serve = Serve(still)
    head = serve.changes(limit=1000)[1]
    answers = []
    poll, = in_threads([lambda: answers.append(serve.changes(head, subject="H26.01", wait=60))])
    for _ in range(3):
        write_changes(still, 1000)
        last = still.place()["sequence"]
        wait_until(lambda: metric(serve, "orgcode_serve_sequence") == last, 20, "it has read them")
    assert not answers
    write_changes(still, 1, "H26.01")
    poll.join(60 * SLOW)
    assert [e["subject"] for e in answers[0][0]] == ["H26.01"]


# ---- streams -----------------------------------------------------------------------------------------------------------

def test_a_great_commit_leaves_nobody_behind(still):
    """C-45: who waits at the end is not too slow because more comes at once than is kept in memory."""
    serve = Serve(still)
    head = still.place()["sequence"]
    streams = [serve.stream() for _ in range(3)]
    assert all(stream.next()["event"] == "bookmark" for stream in streams)
    got = [[] for _ in streams]

    def read(stream, out):
        while (event := stream.next()) and len(out) < 5000:
            if "id" in event:
                out.append((event["event"], event["id"]))
            if event.get("id") == f"01-{head + 5000:020}" or event.get("event") in ("overflow", "bye"):
                return
    threads = in_threads([lambda s=s, o=o: read(s, o) for s, o in zip(streams, got, strict=True)])
    write_changes(still, 5000)
    for thread in threads:
        thread.join(90 * SLOW)
    for out in got:
        assert [id_ for event, id_ in out if event == "change"] == tokens(head + 1, 5000), out[-3:]
    assert metric(serve, "orgcode_serve_overflows_total") == 0


def test_a_slow_reader_is_cut_off_and_loses_nothing(still):
    """C-45: `overflow`, for the one alone; it goes on behind its last id."""
    serve = Serve(still, "--idle-timeout", "10m")
    head = still.place()["sequence"]
    slow = slow_reader(serve, "/v1/changes/stream")
    first = b""
    while b"event: bookmark" not in first:
        first += slow.recv(2000)
    fast = serve.stream()
    write_changes(still, 1800, more=4000)  # more than the sockets take, less than is kept
    fast.until(lambda e: e.get("id") == f"01-{head + 1800:020}")
    time.sleep(5.5)  # that is being slow
    write_changes(still, 3000)
    fast.until(lambda e: e.get("id") == f"01-{head + 4800:020}")
    assert metric(serve, "orgcode_serve_overflows_total") == 0  # it is cut off when it comes and wants to go on
    ids, events = changes_of(first + rest_of(slow))
    slow.close()
    assert events[-1] == b"overflow" and ids == tokens(head + 1, len(ids)) and 0 < len(ids) < 1800, (events[-3:], ids[-1:])
    assert metric(serve, "orgcode_serve_overflows_total") == 1
    with serve.stream(headers={"Last-Event-ID": ids[-1]}) as again:
        rest = [e["id"] for e in again.until(lambda e: e.get("id") == f"01-{head + 4800:020}") if e["event"] == "change"]
    assert ids + rest == tokens(head + 1, 4800)
    fast.close()


def test_the_database_is_away(still):
    """C-48, C-45: readiness says so, a stream that needs it says `bye`, one that comes as soon as it is back is not cut off."""
    serve = Serve(still, "--idle-timeout", "10m")
    write_changes(still, 2000, more=4000)
    head = f"01-{still.place()['sequence']:020}"
    held = slow_reader(serve, f"/v1/changes/stream?after=01-{0:020}")
    held.recv(2000)
    still.services.kill("postgres")
    try:
        port = free_port()
        late = still.start("serve", "--listen", f"127.0.0.1:{port}", label="late")
        wait_until(lambda: serve.get("/readyz").status == 503, 15, "not ready")
        assert serve.get("/healthz").status == 200 and serve.get("/readyz").json()["status"] == "not ready"
        assert serve.get("/v1/organizations/H26").headers["retry-after"]
        lines = len(serve.program.log_lines())
        assert changes_of(rest_of(held))[1][-1] == b"bye"
        assert len(serve.program.log_lines()) < lines + 50
        wait_until(lambda: late.log_text().count('"warn"') >= 6, 30, lambda: late.tail())  # it asks more and more seldom
    finally:
        still.services.start("postgres")
    with contextlib.suppress(psycopg2.OperationalError):  # the test's own session is gone too
        still.place()
    first, serve.port = serve.port, port
    wait_until(lambda: answers(serve), 30, "an answer")
    with serve.stream() as early:
        mark = early.next()
        assert mark["event"] == "bookmark" and mark["data"] == {"id": head, "head": head}
        wait_until(lambda: serve.get("/readyz").status == 200, 30, "ready again")
        write_changes(still, 1)
        assert early.until(lambda e: e.get("event") in ("change", "overflow", "bye"))[-1]["event"] == "change"
    assert metric(serve, "orgcode_serve_overflows_total") == 0
    serve.port = first
    wait_until(lambda: serve.get("/readyz").status == 200, 30, "the other one too")


def answers(serve):
    try:
        return serve.get("/v1/changes").status == 200
    except (OSError, http.client.HTTPException):
        return False


# ---- what answers cost -------------------------------------------------------------------------------------------------

def test_answers_that_nobody_takes_have_a_bound(still):
    """C-49: more are not made as long as those lie in memory; who never takes his is cut off."""
    serve = Serve(still, "--idle-timeout", "10m")
    write_changes(still, 1000, more=4000)
    before = serve.program.resident_kib()
    held = [slow_reader(serve, "/v1/changes?limit=1000") for _ in range(60)]
    wait_until(lambda: metric(serve, "orgcode_serve_shed_total") >= 20, 30, lambda: f"shed: {metric(serve, 'orgcode_serve_shed_total')}")
    assert serve.program.resident_kib() - before < 150 * 1024 * SLOW and serve.get("/healthz").status == 200
    wait_until(lambda: held[0].recv(100) and metric(serve, "orgcode_serve_cut_total") > 0, 60, "cut: it is never idle, and never done", every=0.1)
    wait_until(lambda: serve.get("/v1/organizations/H26").status == 200, 30, "room again")
    assert len(serve.changes(limit=1000)[0]) > 500  # whoever reads gets it
    for s in held:
        s.close()


def test_a_long_succession_is_told_whole_and_a_wide_one_has_a_bound(still):
    """C-29, C-33, C-34"""
    on = "date '2025-07-01'"
    ended = {"closed_on": on, "heir": "null"}
    write_codes(still, 71, "H26.A", 2, **ended)
    write_edges(still, [(f"H26.A{n}", f"H26.A{n + 1}") for n in range(70)])
    write_codes(still, 140, "H26.B", 2, **ended)  # two into two, 69 times
    write_edges(still, [(f"H26.B{2 * n + a}", f"H26.B{2 * n + 2 + b}") for n in range(69) for a in range(2) for b in range(2)])
    write_codes(still, 500, "H26.C", 2, **ended)
    write_edges(still, [(f"H26.C{n}", "H26") for n in range(500)])
    write_codes(still, 80, "Z", 2, level="1", parent="null", closed_on=on, heir="case n when 79 then 'H26' else 'Z' || n + 1 end")
    serve = Serve(still, "--statement-timeout", "60s")
    told = serve.ask("/v1/resolve/H26.A0")
    assert told["paths"] == [[f"H26.A{n}" for n in range(71)]] and [t["code"] for t in told["terminal"]] == ["H26.A70"]
    assert serve.ask("/v1/resolve/H26.A70", direction="back")["paths"] == [[f"H26.A{n}" for n in range(70, -1, -1)]]
    told = serve.ask("/v1/resolve/H26.B0")
    assert len(told["paths"]) == 200 and len({tuple(path) for path in told["paths"]}) == 200
    assert all(len(path) == 70 and path[0] == "H26.B0" and path[-1] in ("H26.B138", "H26.B139") for path in told["paths"])
    assert serve.organization("Z0")["authority"] == "H26"
    before = serve.program.resident_kib()

    def many(count):
        body = json.dumps({"codes": ["H26"] * count, "direction": "back"})
        return serve.request("POST", "/v1/resolve", {"Content-Type": "application/json"}, body)
    answer = many(10_000)
    assert answer.status == 413 and answer.json()["type"] == "urn:orgcode:problem:answer-size" and 0 < int(answer.json()["expected"]) < 10_000
    assert serve.program.resident_kib() - before < 400 * 1024 * SLOW
    results = many(100).json()["results"]
    assert len(results) == 100 and all(len(r["terminal"]) == 500 and len(r["paths"]) == 200 for r in results)
