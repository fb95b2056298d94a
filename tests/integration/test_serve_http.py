"""What holds at every address: methods, tags, compression, problems, limits, health (schemas/contract.md C-26, C-27, C-48, C-49)."""

import re

from harness.serve import Serve
from harness.wait import wait_until

ADDRESSES = ("/v1/organizations/H26", "/v1/organizations?q=ha+noi", "/v1/organizations/H26/history", "/v1/organizations/H26/children",
             "/v1/organizations/H26/tree", "/v1/resolve/H22", "/v1/schemes", "/v1/compliance", "/v1/consolidation", "/v1/coverage",
             "/dmdc/Category/qlvanbandieuhanhcap1", "/dmdc/Metadata/qlvanbandieuhanhcap1", "/v1/snapshots", "/v1/snapshots/latest",
             "/v1/snapshots/latest?format=csv", "/v1/snapshots/latest?format=json")


def test_head_etag_cors_gzip(sample):
    """C-26"""
    for target in ADDRESSES:
        got = sample.serve.request("GET", target, {"Origin": "https://other.example"})
        head = sample.serve.request("HEAD", target)
        assert got.status == head.status == 200 and head.raw == b"" and got.body, target
        same = ("content-type", "content-length", "etag", "cache-control", "link")
        assert [got.headers.get(n) for n in same] == [head.headers.get(n) for n in same], target
        assert got.headers["access-control-allow-origin"] == "*" and "ETag" in got.headers["access-control-expose-headers"]
        for tag in (got.headers["etag"], "*", f'"x", {got.headers["etag"]}'):
            for method in ("GET", "HEAD"):
                again = sample.serve.request(method, target, {"If-None-Match": tag})
                assert again.status == 304 and again.raw == b"" and again.headers["etag"] == got.headers["etag"], (target, tag)
        assert sample.serve.request("GET", target, {"If-None-Match": '"other"'}).status == 200
        zipped = sample.serve.request("GET", target, {"Accept-Encoding": "gzip"})
        assert zipped.body == got.body
        if len(got.body) > 2000:
            assert zipped.headers["content-encoding"] == "gzip" and len(zipped.raw) < len(got.body) and "Accept-Encoding" in zipped.headers["vary"]
        assert "content-encoding" not in sample.serve.request("GET", target, {"Accept-Encoding": "gzip;q=0"}).headers
    for target in ("/v1/changes", "/healthz", "/readyz", "/metrics"):
        head = sample.serve.request("HEAD", target)
        assert head.status == 200 and head.raw == b"", target
    preflight = sample.serve.request("OPTIONS", "/v1/resolve", {"Origin": "https://other.example", "Access-Control-Request-Method": "POST"})
    assert preflight.status == 204 and "POST" in preflight.headers["access-control-allow-methods"]


def test_etag_is_of_the_answer_without_the_place(registry):
    """C-26: a change elsewhere leaves the tag as it is."""
    registry.start_all()
    registry.publish([registry.established("H26", "ROOT"), registry.established("G12", "ROOT")], "--wait", check=True)
    serve = Serve(registry)
    before = serve.get("/v1/organizations/G12")
    registry.publish([registry.act("contact_updated", {"code": "H26", "set": {"phone": "1"}}, decision=False)], "--wait", check=True)
    after = serve.get("/v1/organizations/G12")
    assert after.headers["etag"] == before.headers["etag"] and after.json()["asOf"] != before.json()["asOf"]
    registry.publish([registry.act("contact_updated", {"code": "G12", "set": {"phone": "1"}}, "G12", decision=False)], "--wait", check=True)
    assert serve.get("/v1/organizations/G12", {"If-None-Match": before.headers["etag"]}).status == 200


def test_problems(told):
    """C-27"""
    for headers, query, language in (({}, {}, "vi"), ({"Accept-Language": "en"}, {}, "en"), ({"Accept-Language": "fr, en-GB;q=0.8, vi;q=0.3"}, {}, "en"),
                                     ({"Accept-Language": "fr"}, {}, "vi"), ({"Accept-Language": "vi"}, {"lang": "en"}, "en"),
                                     ({"Accept-Language": "en"}, {"lang": "vi"}, "vi")):
        problem = told.problem("/v1/organizations/H26.99", 404, "never-issued", headers, **query)
        assert problem["title"] == {"vi": "Mã chưa từng được cấp", "en": "The code was never issued"}[language]
        assert set(problem) >= {"type", "title", "status", "detail"}
        assert told.get("/v1/organizations/H26.99", headers, **query).headers["content-language"] == language
    for target in ADDRESSES + ("/v1/changes", "/v1/changes/stream", "/healthz", "/readyz", "/metrics", "/v1/acts/H26/x"):
        assert told.problem(target.partition("?")[0], 400, "parameter-unknown", organisation="1")["value"] == "organisation"
    for target, name in (("/v1/changes?type=x&after=y&type=", "type"), ("/v1/changes/stream?after=x&after=x", "after"), ("/?q=a&q=b", "q"),
                         ("/v1/organizations?q=h&level=2&l%65vel=1&q=n", "level"), ("/v1/schemes?lang=vi&lang=en", "lang"), ("/healthz?lang=&lang", "lang")):
        answer = told.request("GET", target)
        assert answer.status == 400 and answer.json()["type"] == "urn:orgcode:problem:parameter-twice" and answer.json()["value"] == name, answer.text
    for target in ADDRESSES[:12] + ("/v1/changes", "/healthz", "/readyz", "/metrics"):
        assert told.get(target + ("&" if "?" in target else "?") + "lang=en").status == 200, target
    told.problem("/v1/none", 404, "not-found")
    told.problem("/v1/organizations/%zz", 400, "target")
    told.problem("/v1/organizations/%ff", 400, "target")
    for method, target in (("POST", "/v1/organizations"), ("DELETE", "/v1/organizations/H26"), ("GET", "/v1/resolve"), ("PUT", "/v1/resolve")):
        answer = told.request(method, target)
        assert answer.status == 405 and answer.json()["type"] == "urn:orgcode:problem:method" and answer.headers["allow"], (method, target)
    assert told.request("GET", "/v1/organizations/H26.99").headers["access-control-allow-origin"] == "*"
    assert told.request("HEAD", "/v1/organizations/H26.99").raw == b""


def test_too_many(registry):
    """C-49: 429 with Retry-After"""
    serve = Serve(registry, "--requests-per-second", "5")
    answers = [serve.get("/openapi.json") for _ in range(40)]
    refused = [a for a in answers if a.status == 429]
    assert refused and all(int(a.headers["retry-after"]) >= 1 and a.json()["type"] == "urn:orgcode:problem:too-many" for a in refused)
    wait_until(lambda: serve.get("/openapi.json").status == 200, 30, "served again")


def test_health(sample):
    """C-48"""
    serve = sample.serve
    assert serve.get("/healthz").status == 200
    ready = serve.get("/readyz").json()
    assert ready["status"] == "ready" and ready["id"] == serve.get("/v1/changes").headers["feed-head"]
    last = serve.all_changes(limit=1000)[-1]
    assert (ready["id"], ready["recordedTime"]) == (last["id"], serve.ask("/v1/schemes")["asOf"]["recordedTime"])
    metrics = serve.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert re.search(r'^orgcode_serve_requests_total\{class="2xx"\} \d+$', metrics.text, re.M)
    assert f"orgcode_serve_sequence {int(last['sequence'])}" in metrics.text
