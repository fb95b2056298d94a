"""orgcode-serve as its readers see it: plain HTTP, and server-sent events line by line."""

import gzip
import http.client
import json
import re
import socket
from types import SimpleNamespace
from urllib.parse import quote, urlencode

from .wait import SLOW, wait_until

PORT = re.compile(r'\bport["=: ]+(\d+)')


def lower(headers):
    return {name.lower(): value for name, value in headers}


class Serve:
    """A started copy: `registry.start("serve", ...)` with `--listen 127.0.0.1:0` unless args name an address."""

    def __init__(self, registry, *args, label=None, port=0):
        self.program = registry.start("serve", "--listen", f"127.0.0.1:{port}", *args, label=label)
        self.port = port
        self.wait()

    def wait(self):
        """Until it answers; after a restart at another port, that one."""
        def answers():
            found = re.findall(PORT, self.program.log_text())
            assert self.program.running, f"serve ended\n{self.program.tail()}"
            self.port = int(found[-1]) if found else 0
            return self.port and self.get("/readyz").status == 200
        wait_until(answers, 30, lambda: f"serve is ready\n{self.program.tail()}")
        return self

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def request(self, method, target, headers=None, body=None, timeout=60):
        """Status, headers (names in lower case), raw body, text (gunzipped), json() of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout * SLOW)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            response = connection.getresponse()
            raw = response.read()
        finally:
            connection.close()
        found = lower(response.getheaders())
        plain = gzip.decompress(raw) if found.get("content-encoding") == "gzip" and raw and response.status != 206 else raw
        return SimpleNamespace(status=response.status, headers=found, raw=raw, body=plain, json=lambda: json.loads(plain),
                               text=plain.decode(errors="replace"))

    def get(self, path, headers=None, **query):
        return self.request("GET", path + ("?" + urlencode(query) if query else ""), headers)

    def ask(self, path, **query):
        """The JSON of an answer that is 200."""
        answer = self.get(path, **query)
        assert answer.status == 200, f"{path} {query}: {answer.status} {answer.text}"
        return answer.json()

    def problem(self, path, status, slug, headers=None, **query):
        """The JSON of an answer that is a problem of this kind."""
        answer = self.get(path, headers, **query)
        assert answer.status == status and answer.headers["content-type"] == "application/problem+json", (path, answer.status, answer.text)
        found = answer.json()
        assert found["type"] == f"urn:orgcode:problem:{slug}" and found["status"] == status, found
        return found

    def organization(self, code, **query):
        return self.ask(f"/v1/organizations/{quote(code, safe='')}", **query)

    def changes(self, after=None, **query):
        """(events, Feed-Next) of one poll."""
        answer = self.get("/v1/changes", **({"after": after} if after else {}), **query)
        assert answer.status == 200, answer.text
        return answer.json(), answer.headers["feed-next"]

    def all_changes(self, after=None, **query):
        """Every change behind a token, page by page."""
        out = []
        while True:
            events, following = self.changes(after, **query)
            out += events
            if not events:  # the end, and nothing else is
                return out
            after = following

    def stream(self, path="/v1/changes/stream", headers=None, **query):
        return Stream(self.port, path + ("?" + urlencode(query) if query else ""), headers or {})


class Stream:
    """Server-sent events of one connection; an event is a dict with event, id, data (parsed), retry, or {"comment": text}."""

    def __init__(self, port, target, headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60 * SLOW)
        self.connection.request("GET", target, headers={"Accept": "text/event-stream", **headers})
        self.response = self.connection.getresponse()
        self.status, self.headers = self.response.status, lower(self.response.getheaders())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.connection.sock:
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.connection.close()

    def next(self):
        """The next event; None at the end of the stream."""
        event = {}
        while line := self.response.readline():
            line = line.decode().rstrip("\n")
            if not line:
                if event:
                    return event
                continue
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not name:
                event["comment"] = value
            else:
                event[name] = json.loads(value) if name == "data" else value
        return None

    def until(self, good, most=10000):
        """Events up to the first that is good, that one included."""
        out = []
        for _ in range(most):
            event = self.next()
            assert event is not None, f"the stream ended behind {out[-3:]}"
            out.append(event)
            if good(event):
                return out
        raise AssertionError(f"not among {most} events: {out[-3:]}")
