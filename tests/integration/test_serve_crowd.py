"""Many idle streams at once: what each costs orgcode-serve in memory, and when the last of them hears of a change."""

import resource
import selectors
import socket
import time

import pytest
from harness.serve import Serve
from harness.stress import make_small, metric, rename
from harness.wait import SLOW, wait_until

MOST = 10 * 1024  # bytes a client: (resident memory with all - with none) / how many; what the kernel buffers is apart


class Crowd:
    def __init__(self, serve):
        self.serve, self.clients = serve, []
        self.token = serve.changes()[1]

    def come(self, count):
        fresh = []
        for _ in range(count):
            s = socket.create_connection(("127.0.0.1", self.serve.port), timeout=60 * SLOW)
            s.sendall(f"GET /v1/changes/stream?after={self.token} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n".encode())
            fresh.append(s)
        self.clients += fresh
        for s in fresh:
            assert s.recv(4096).startswith(b"HTTP/1.1 200")
        self.wait(len(self.clients))

    def wait(self, count):
        wait_until(lambda: metric(self.serve, "orgcode_serve_streams") == count, 60, lambda: f"{metric(self.serve, 'orgcode_serve_streams')} of {count}", every=0.2)

    def go(self):
        for s in self.clients:
            s.close()
        self.clients = []
        self.wait(0)

    def hear(self):
        """Until each has had a change."""
        waiting = selectors.DefaultSelector()
        heard = {}
        for s in self.clients:
            waiting.register(s, selectors.EVENT_READ)
        while waiting.get_map():
            ready = waiting.select(60 * SLOW)
            assert ready, f"{len(waiting.get_map())} heard nothing"
            for key, _ in ready:
                part = key.fileobj.recv(65536)
                assert part
                heard[key.fd] = heard.get(key.fd, b"") + part
                if b"event: change" in heard[key.fd]:
                    waiting.unregister(key.fileobj)


@pytest.mark.noasan
@pytest.mark.slow
def test_idle_streams_cost_little_and_all_hear_the_next_change(registry):
    """C-45"""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the program's too: it is started behind this
    count = 10_000 if hard >= 11_000 else hard - 500
    small = make_small(registry)
    serve = Serve(small, "--queue", "20000")  # they come all at once
    crowd = Crowd(serve)
    try:
        crowd.come(100)  # what the first of all costs once is no client's
        crowd.go()
        before = serve.program.resident_kib()
        crowd.come(count)
        each = (serve.program.resident_kib() - before) * 1024 / count
        small.publish([rename(small, 1)], "--wait", check=True)
        began = time.monotonic()
        crowd.hear()
        print(f"{count} clients, {each:.0f} bytes each; the last heard of a change {time.monotonic() - began:.2f} s after its receipt")
        assert each <= MOST
    finally:
        for s in crowd.clients:
            s.close()
