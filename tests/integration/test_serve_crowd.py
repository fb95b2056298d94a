"""Many idle streams at once: what each costs orgcode-serve in memory."""

import resource
import socket

import pytest
from harness.serve import Serve
from harness.stress import make_small, rename
from harness.wait import SLOW, wait_until

CLIENTS = 2000
MOST = 10 * 1024  # bytes a client


@pytest.mark.noasan
def test_idle_streams_cost_little_and_all_hear_the_next_change(registry):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the program's too: it is started behind this
    if hard < CLIENTS + 1000:
        pytest.skip(f"no more than {hard} open files are allowed")
    small = make_small(registry)
    serve = Serve(small, "--queue", "5000")  # they come all at once
    token = serve.changes()[1]
    clients = []

    def more(count):
        """That many clients more, all of them open; the program's memory then."""
        fresh = [socket.create_connection(("127.0.0.1", serve.port), timeout=60 * SLOW) for _ in range(count)]
        clients.extend(fresh)
        for s in fresh:
            s.sendall(f"GET /v1/changes/stream?after={token} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n".encode())
        for s in fresh:
            assert s.recv(4096).startswith(b"HTTP/1.1 200")
        wait_until(lambda: f"orgcode_serve_streams {len(clients)}" in serve.get("/metrics").text, 60, "all are open")
        return serve.program.resident_kib()

    try:
        before = more(500)  # what a crowd costs once, however large, is no client's
        each = (more(CLIENTS) - before) * 1024 / CLIENTS
        print(f"{each:.0f} bytes a client")
        assert each <= MOST
        small.publish([rename(small, 1)], "--wait", check=True)
        for s in clients:
            heard = b""
            while b"event: change" not in heard:
                part = s.recv(65536)
                assert part, heard
                heard += part
    finally:
        for s in clients:
            s.close()
