"""deploy/nginx/orgcode.conf on Debian's nginx before two copies of orgcode-serve: TLS, streams, gzip, who asks, a copy that dies."""

import gzip
import http.client
import json
import re
import ssl
import subprocess
from pathlib import Path

import pytest
from harness.serve import Serve
from harness.stress import free_port, make_small, rename
from harness.wait import SLOW, wait_until

CONFIG = Path(__file__).resolve().parents[2] / "deploy/nginx/orgcode.conf"


@pytest.fixture
def proxied(registry, tmp_path):
    """The registry, the two copies, ask(), the ports with and without TLS."""
    small = make_small(registry)
    copies = [Serve(small, "--trusted-proxy", "127.0.0.1", label=f"serve-{n}") for n in range(2)]
    port, plain = free_port(), free_port()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=orgcode.example",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", tmp_path / "web.key", "-out", tmp_path / "web.pem"],
                   check=True, capture_output=True, timeout=60)
    text = CONFIG.read_text()
    for wanted, other in (("server 127.0.0.1:8080;", " ".join(f"server 127.0.0.1:{c.port};" for c in copies)), ("/etc/orgcode/tls", str(tmp_path)),
                          ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"), ("listen 80;", f"listen 127.0.0.1:{plain};")):
        assert wanted in text
        text = text.replace(wanted, other)
    text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.M)
    places = "".join(f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    whole = f"daemon off; pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log; events {{}} http {{ access_log off; {places}\n{text}}}"
    (tmp_path / "nginx.conf").write_text(whole)
    user = ["-g", "user root;"] if Path("/proc/self").stat().st_uid == 0 else []
    process = subprocess.Popen(["/usr/sbin/nginx", "-p", tmp_path, "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error.log", *user], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    context = ssl.create_default_context(cafile=str(tmp_path / "web.pem"))

    def ask(target, headers=None, method="GET", body=None):
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60 * SLOW, context=context)
        connection.request(method, target, body=body, headers=headers or {})
        return connection.getresponse()

    def answers():
        assert process.poll() is None, (tmp_path / "error.log").read_text()
        try:
            return ask("/v1/organizations/H26").status == 200
        except OSError:
            return False

    try:
        wait_until(answers, 30, "nginx answers")
        yield small, copies, ask, port, plain
    finally:
        process.terminate()
        process.wait(30)


def test_the_example_of_nginx(proxied):
    _, copies, ask, tls, plain = proxied
    answer = ask("/v1/organizations/H26", {"X-Forwarded-For": "198.51.100.7"})
    assert answer.version == 11 and json.loads(answer.read())["record"]["code"] == "H26"
    assert answer.headers["Strict-Transport-Security"] and answer.headers["X-Content-Type-Options"] == "nosniff"
    # the asker's own word about its address does not count
    peers = {line["peer"] for c in copies for line in c.program.log_lines() if line.get("message") == "request"}
    assert peers == {"127.0.0.1"}
    zipped = ask("/v1/changes?limit=100", {"Accept-Encoding": "gzip"})
    assert zipped.status == 200 and (zipped.headers["Content-Encoding"] != "gzip" or gzip.decompress(zipped.read()))
    assert ask("/", {"Accept": "text/html"}).headers["Content-Security-Policy"]
    assert ask("/metrics").status == ask("/readyz").status == 404
    moved = http.client.HTTPConnection("127.0.0.1", plain, timeout=60 * SLOW)
    moved.request("GET", "/o/H26")
    assert moved.getresponse().headers["Location"].startswith("https://")
    with pytest.raises(ssl.SSLCertVerificationError):  # so it is TLS indeed
        stranger = http.client.HTTPSConnection("127.0.0.1", tls, timeout=60 * SLOW, context=ssl.create_default_context())
        stranger.request("GET", "/")


def test_an_event_comes_through_at_once_and_a_dead_copy_is_passed_over(proxied):
    small, copies, ask, _, _ = proxied
    answer = ask("/v1/changes/stream", {"Accept": "text/event-stream"})
    assert answer.status == 200
    small.publish([rename(small, 1)], "--wait", check=True)
    wanted = small.place()["sequence"]
    while not (line := answer.readline()).startswith(b"id:") or int(line.strip()[-20:]) < wanted:
        assert line
    copies[0].program.kill()
    assert [ask("/v1/organizations/H26").status for _ in range(20)] == [200] * 20
