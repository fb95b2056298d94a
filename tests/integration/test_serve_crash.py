"""orgcode-serve killed, stopped and restarted under load, and in several copies."""

import contextlib
import http.client
import itertools
import json
import socket
import subprocess
import threading
import time

import psycopg2
import pytest
from harness.program import BUILD
from harness.serve import Serve
from harness.stress import Readers, free_port, locked, make_small, rename
from harness.wait import SLOW, wait_until


@pytest.fixture
def small(registry):
    return make_small(registry)


# ---- crashes and restarts ----------------------------------------------------------------------------------------------


def follow(copies, after, upto):
    """Ids of the stream from `after` up to sequence `upto`, through every cut, at one copy after the other, by Last-Event-ID alone."""
    out, turns = [], itertools.cycle(copies)
    while not out or int(out[-1][3:]) < upto:
        try:
            with next(turns).stream(headers={"Last-Event-ID": after}) as stream:
                if stream.status != 200:
                    time.sleep(0.1)
                    continue
                while (event := stream.next()) is not None:
                    if event.get("id"):
                        after = event["id"]
                    if event.get("event") == "change":
                        out.append(event["id"])
                        if int(event["id"][3:]) >= upto:
                            break
        except (OSError, http.client.HTTPException, ValueError):
            time.sleep(0.1)  # the server is away: a client's own pause
    return out


ASKS = [("/v1/organizations/H26", lambda a: a["record"]["code"] == "H26"),
        ("/v1/resolve/H26", lambda a: a["paths"] == [["H26"]]),
        ("/v1/changes?limit=5", lambda a: [e["sequence"] for e in a] == [f"{n:020}" for n in range(1, len(a) + 1)] and a),
        ("/v1/organizations?q=h26", lambda a: a["organizations"][0]["code"] == "H26"),
        ("/v1/organizations/H26/history?limit=1", lambda a: a["versions"][0]["kind"] == "established"),
        ("/v1/snapshots/latest?format=json", lambda a: a["codes"] == 1 and a["files"])]


def test_killed_under_load_nothing_wrong_is_answered_and_a_stream_goes_on(small, tmp_path):
    """Three copies, and PostgreSQL, one after the other by SIGKILL, while acts arrive. Whoever knows all three addresses is never without an answer."""
    kept = ("--index", "--snapshots", tmp_path / "kept")
    copies = [Serve(small, *kept, port=free_port(), label=f"serve-{n}") for n in range(3)]
    wait_until(lambda: all(c.get(path).status == 200 for c in copies for path, _ in ASKS), 60, "search and a snapshot")
    upto = small.place()["sequence"] + 80
    first = f"01-{0:020}"
    ids = []
    follower = threading.Thread(target=lambda: ids.extend(follow(copies, first, upto)), daemon=True)
    follower.start()
    readers = Readers(lambda: [("127.0.0.1", c.port) for c in copies], asks=ASKS)
    readers.more()
    number = iter(range(1000))
    for victim in (copies[0], copies[1], None, copies[2]):
        small.publish([rename(small, next(number)) for _ in range(10)], "--wait", check=True)
        if victim:
            victim.program.kill()
            readers.more()
            victim.program.start()
            victim.wait()
        else:
            small.services.kill("postgres")
            small.publish([rename(small, next(number)) for _ in range(10)], check=True)
            small.services.start("postgres")
            with contextlib.suppress(psycopg2.OperationalError):  # the test's own session is gone too
                small.place()
        readers.more()
        small.publish([rename(small, next(number)) for _ in range(10)], "--wait", check=True)
    while small.place()["sequence"] < upto:
        small.publish([rename(small, next(number))], "--wait", check=True)
    wait_until(lambda: not follower.is_alive(), 60, lambda: f"the stream comes to {upto}; it has {ids[-1:]}\n{copies[0].program.tail()}")
    readers.end()
    assert readers.lost == 0 and readers.turned > 0, (readers.good, readers.busy, readers.turned, readers.lost)
    assert ids[:upto] == [f"01-{n:020}" for n in range(1, upto + 1)]


def test_a_database_that_was_away_while_nobody_asked(small):
    """No worker answers from a session that is gone."""
    serve = Serve(small, "--workers", "3", "--statement-timeout", "10m")
    sessions = "select count(*) from pg_stat_activity where application_name = 'orgcode-serve' and datname = current_database() and wait_event_type = 'Lock'"
    with locked(small):  # until each has a session
        threads = [threading.Thread(target=serve.get, args=("/v1/organizations/H26",)) for _ in range(3)]
        for thread in threads:
            thread.start()
        wait_until(lambda: small.value(sessions) == 3, 30, "three sessions")
    for thread in threads:
        thread.join(60 * SLOW)
    small.services.kill("postgres")
    small.services.start("postgres")
    assert [serve.get("/v1/organizations/H26").status for _ in range(9)] == [200] * 9


def test_sigterm_answers_everybody_first(small):
    serve = Serve(small, "--statement-timeout", "10m")
    head = serve.changes()[1]
    poll = http.client.HTTPConnection("127.0.0.1", serve.port, timeout=60 * SLOW)
    poll.request("GET", f"/v1/changes?after={head}&wait=60")
    idle = http.client.HTTPConnection("127.0.0.1", serve.port, timeout=60 * SLOW)
    idle.request("GET", "/healthz")
    idle.getresponse().read()  # and keeps its connection
    stream = serve.stream(after=head)
    with locked(small):
        busy = http.client.HTTPConnection("127.0.0.1", serve.port, timeout=60 * SLOW)
        busy.request("GET", "/v1/organizations/H26")
        waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name like 'orgcode-serve%%'"
        wait_until(lambda: small.value(waits) >= 1, 20, "a request in work")
        began = time.monotonic()
        serve.program.signal(15)
        wait_until(lambda: refused(serve.port), 20, "no new connections")
    answer = busy.getresponse()
    assert answer.status == 200 and json.loads(answer.read())["record"]["code"] == "H26" and answer.headers["Connection"] == "close"
    answer = poll.getresponse()
    assert answer.status == 200 and json.loads(answer.read()) == [] and answer.headers["Feed-Next"] == head
    assert stream.until(lambda e: e.get("event") == "bye")[-1]["event"] == "bye" and stream.next() is None
    assert serve.program.wait(30) == 0
    assert time.monotonic() - began < 9 * SLOW  # the idle connection held nobody up


def refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        return False
    except ConnectionRefusedError:
        return True
    except OSError:
        return False


def test_a_restart_under_a_socket_handed_over_loses_no_request(small, tmp_path):
    """As systemd hands it over: descriptor 3, LISTEN_FDS, LISTEN_PID."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    port = listener.getsockname()[1]

    def start():
        script = f'exec 3<&{listener.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"'
        with open(tmp_path / "handed.log", "ab") as log:
            return subprocess.Popen(["bash", "-c", script, str(BUILD / "bin/orgcode-serve")], env=small.env_of("serve"), pass_fds=[listener.fileno()],
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    process = start()
    readers = Readers(lambda: [("127.0.0.1", port)])
    try:
        readers.more()
        for _ in range(5):
            process.terminate()
            assert process.wait(30 * SLOW) == 0
            process = start()
            readers.more(30)
        readers.end()
    finally:
        readers.stop.set()
        process.kill()
        process.wait()
        listener.close()
    assert readers.lost == 0 and readers.good > 200, (readers.lost, readers.busy)


# ---- several copies ----------------------------------------------------------------------------------------------------

def test_three_copies_say_the_same_at_every_door(small):
    copies = [Serve(small, *(["--index"] if n < 2 else []), label=f"serve-{n}") for n in range(3)]
    small.publish([rename(small, n) for n in range(30)], "--wait", check=True)
    small.wait_all()
    whole = copies[0].all_changes()
    assert len(whole) == small.place()["sequence"] and all(c.all_changes() == whole for c in copies[1:])
    # a token of one is good at the others: poll by turns
    out, after = [], None
    for n in range(1000):
        events, after = copies[n % 3].changes(after, limit=7)
        out += events
        if not events:
            break
    assert out == whole
    tags = {c.get("/v1/organizations/H26").headers["etag"] for c in copies}
    assert len(tags) == 1
    copies[0].program.kill()
    assert copies[1].organization("H26") == copies[2].organization("H26")
