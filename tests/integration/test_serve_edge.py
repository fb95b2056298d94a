"""orgcode-serve at its bounds: hostile requests, rates, slow requests, overload."""

import http.client
import json
import socket
import time
from urllib.parse import quote

import pytest
from harness.serve import Serve
from harness.stress import locked, make_small, metric, rename
from harness.wait import SLOW, wait_until


@pytest.fixture
def small(registry):
    return make_small(registry)


def exchange(port, raw, timeout=20):
    """Whatever comes back on a connection of its own until it is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout * SLOW) as s:
        out = b""
        try:
            s.sendall(raw)
            while part := s.recv(65536):
                out += part
        except (ConnectionResetError, BrokenPipeError):
            pass  # refused before all of it was read
    return out


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer else 0


# ---- bounds ------------------------------------------------------------------------------------------------------------

def test_hostile_requests_get_an_answer_and_nothing_of_theirs_back(small):
    serve = Serve(small, "--body-max", "1KiB")
    head = b"Host: x\r\nConnection: close\r\n"
    cases = [
        (b"GET / HTTP/1.1\r\n" + head + b"X-A: " + b"a" * 9000 + b"\r\n\r\n", {431}),
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n" + head + b"\r\n", {400, 414}),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + head + b"\r\n", {400, 414}),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: a\r\n" % i for i in range(2000)) + b"\r\n", {400, 413, 431}),
        (b"POST /v1/resolve HTTP/1.1\r\n" + head + b"Content-Length: 1025\r\n\r\n", {413}),  # before any of the body
        (b"POST /v1/resolve HTTP/1.1\r\n" + head + b"Transfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"a" * 1024 + b"\r\n1\r\na\r\n0\r\n\r\n", {413}),
        (b"POST /v1/resolve HTTP/1.1\r\n" + head + b"Content-Length: -1\r\n\r\n", {0, 400, 413}),
        (b"GET /v1/changes?after=%0d%0aX-Evil:%201 HTTP/1.1\r\n" + head + b"\r\n", {400}),
        (b"GET /v1/changes?subject=%00 HTTP/1.1\r\n" + head + b"\r\n", {400}),
        (b"GET /%zz HTTP/1.1\r\n" + head + b"\r\n", {400}),
        (b"GET /v1/organizations/..%2f..%2fetc%2fpasswd HTTP/1.1\r\n" + head + b"\r\n", {400, 404}),
        (b"GET /../../etc/passwd HTTP/1.1\r\n" + head + b"\r\n", {400, 404}),
        (b"DELETE /v1/changes HTTP/1.1\r\n" + head + b"\r\n", {405}),
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", {400}),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 3 + b"\r\n\r\n", {0, 400, 501}),
    ]
    for raw, expected in cases:
        answer = exchange(serve.port, raw)
        assert status_of(answer) in expected, (raw[:80], answer[:200])
        assert b"\nX-Evil" not in answer and b"root:" not in answer
    assert serve.get("/healthz").status == 200


def test_no_text_of_the_asker_becomes_markup(small):
    serve = Serve(small)
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>\''
    for path, query in (("/", {"q": evil}), ("/o/" + quote(evil, safe=""), {}),
                        ("/%3Cscript%3Ealert(1)%3C/script%3E", {}), ("/o/H26", {"validAt": evil})):
        answer = serve.get(path, {"Accept": "text/html"}, **query)
        assert answer.headers["content-type"].startswith("text/html"), path
        assert "<script>alert" not in answer.text and "<img" not in answer.text, path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    for path in ("/v1/organizations/H26", "/v1/organizations/%3Cscript%3E", "/healthz", "/v1/changes"):
        headers = serve.get(path).headers
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
        assert "html" not in headers["content-type"]


def test_an_address_has_its_rate(small):
    serve = Serve(small, "--requests-per-second", "20", "--trusted-proxy", "127.0.0.1")
    answers = [serve.get("/v1/organizations/H26", {"X-Forwarded-For": "192.0.2.1"}) for _ in range(80)]
    limited = [a for a in answers if a.status == 429]
    assert limited and answers[0].status == 200 and all(a.headers["retry-after"] == "1" for a in limited)
    # another address is not limited by it; nor does it help to write an address of one's own before the proxy's
    assert serve.get("/v1/organizations/H26", {"X-Forwarded-For": "192.0.2.2"}).status == 200
    assert any(serve.get("/healthz", {"X-Forwarded-For": f"10.0.0.{n}, 192.0.2.3"}).status == 429 for n in range(100))
    wait_until(lambda: serve.get("/v1/organizations/H26", {"X-Forwarded-For": "192.0.2.1"}).status == 200, 20, "the bucket fills again")
    # nor to send a line of one's own: the proxy's is the last
    exchange(serve.port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: 192.0.2.4\r\nConnection: close\r\n\r\n")
    wait_until(lambda: any(line.get("peer") == "192.0.2.4" for line in serve.program.log_lines()), 10, "its line in the log")
    assert any(line.get("peer") == "192.0.2.3" for line in serve.program.log_lines())


def test_an_address_has_so_many_connections(small):
    serve = Serve(small, "--connections-per-address", "5")
    held = []
    try:
        for _ in range(12):
            s = socket.create_connection(("127.0.0.1", serve.port), timeout=20 * SLOW)
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            held.append(s)
        answered = 0
        for s in held:
            try:
                answered += s.recv(4096).startswith(b"HTTP/1.1 200")
            except ConnectionResetError:
                pass
        assert answered == 5
    finally:
        for s in held:
            s.close()
    wait_until(lambda: healthy(serve), 20, "room again")


def healthy(serve):
    try:
        return serve.get("/healthz").status == 200
    except (OSError, http.client.HTTPException):
        return False


def test_half_and_dripping_requests_are_cut(small):
    serve = Serve(small, "--idle-timeout", "2s", "--request-timeout", "3s")
    began = time.monotonic()
    assert exchange(serve.port, b"GET /v1/cha", 60) == b"" and exchange(serve.port, b"POST /v1/resolve HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n[", 60) == b""
    with socket.create_connection(("127.0.0.1", serve.port), timeout=60) as s:
        with pytest.raises(OSError):
            for byte in b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"a" * 3000:
                s.sendall(bytes([byte]))
                time.sleep(0.2)  # the attack itself: never silent as long as the idle time
    assert metric(serve, "orgcode_serve_cut_total") >= 1
    assert time.monotonic() - began < 120 * SLOW
    # whoever asks again and again on one connection is not: the time begins anew with each answer
    connection = http.client.HTTPConnection("127.0.0.1", serve.port, timeout=60)
    until = time.monotonic() + 5
    while time.monotonic() < until:
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
        time.sleep(0.1)
    connection.close()


def test_a_full_queue_sheds_and_a_full_house_does_not_wait(small):
    serve = Serve(small, "--workers", "1", "--queue", "2", "--waiters", "1", "--statement-timeout", "10m")
    head = serve.changes()[1]
    # the only worker stands still: a lock on what every request reads
    with locked(small):
        connections = []
        for _ in range(8):
            c = http.client.HTTPConnection("127.0.0.1", serve.port, timeout=60 * SLOW)
            c.request("GET", "/v1/organizations/H26")
            connections.append(c)
        wait_until(lambda: metric(serve, "orgcode_serve_shed_total") >= 5, 20, "shed")
    answers = [c.getresponse() for c in connections]
    statuses = sorted(a.status for a in answers)
    # one in work and two in the queue, but for one that came before the worker had taken the first
    assert statuses in ([200] * 3 + [503] * 5, [200] * 2 + [503] * 6)
    assert all(a.headers["Retry-After"] for a in answers if a.status == 503)
    # one poll waits, the next is answered at once
    waits = http.client.HTTPConnection("127.0.0.1", serve.port, timeout=90 * SLOW)
    waits.request("GET", f"/v1/changes?after={head}&wait=50")
    time.sleep(1)  # until it holds the slot; if it does not yet, the next one does, and this is the one answered at once
    began = time.monotonic()
    other = serve.get("/v1/changes", after=head, wait=50)
    assert other.status == 200 and other.json() == [] and time.monotonic() - began < 40
    small.publish([rename(small, 1)], "--wait", check=True)
    assert len(json.loads(waits.getresponse().read())) == 1


def test_a_statement_that_takes_too_long_is_given_up(small):
    """C-49"""
    serve = Serve(small, "--statement-timeout", "300ms")
    with locked(small):
        answer = serve.get("/v1/organizations/H26")
        assert answer.status == 503 and answer.headers["retry-after"] and answer.json()["type"] == "urn:orgcode:problem:database"
    assert serve.get("/v1/organizations/H26").status == 200


def test_each_request_is_a_line_of_the_log(small):
    """As it was asked, in JSON, whatever stands in it."""
    serve = Serve(small)
    name = "a" * 12
    evil = f'/v1/organizations/{name}%0a%7B%22level%22:%22error%22%7D%22%0D"\\'
    answer = exchange(serve.port, f"GET {evil} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    whole = serve.request("POST", f"/v1/resolve?lang=en&x={name}", {"Content-Type": "application/json"}, "{}")
    broken = socket.create_connection(("127.0.0.1", serve.port), timeout=20)
    broken.sendall(f"POST /v1/resolve?y={name} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc".encode())
    time.sleep(0.2)  # so that it has been read
    broken.close()

    def found():
        return [line for line in serve.program.log_lines() if name in line.get("target", "")]
    wait_until(lambda: len(found()) == 3, 10, found)
    lines = {line["target"]: line for line in found()}
    assert all(line["peer"] == "127.0.0.1" and line["message"] == "request" and line["level"] == "info" and 0 <= line["ms"] < 60_000 * SLOW for line in lines.values())
    assert all(name not in text or text.startswith('{"time":') for text in serve.program.log_text().splitlines())
    assert lines[evil]["status"] == status_of(answer) and lines[evil]["method"] == "GET"
    line = lines[f"/v1/resolve?lang=en&x={name}"]
    assert (line["method"], line["status"], line["bytes"], line["whole"]) == ("POST", whole.status, len(whole.raw), True)
    assert lines[f"/v1/resolve?y={name}"]["whole"] is False
