"""Snapshots of the whole directory, clause by clause (schemas/contract.md C-46, C-47)."""

import csv
import hashlib
import io
import json

from harness.serve import Serve
from harness.wait import wait_until


def test_all_forms_say_the_same(sample):
    """C-46"""
    serve = sample.serve
    lines = serve.get("/v1/snapshots/latest")
    assert lines.headers["content-type"] == "application/x-ndjson"
    head, *records = map(json.loads, lines.text.splitlines())
    last = serve.all_changes(limit=1000)[-1]
    assert head == {"asOf": {"id": last["id"], "recordedTime": head["asOf"]["recordedTime"], "hash": last["data"]["hash"]}}
    assert lines.headers["feed-next"] == last["id"]
    state = {m.key.decode(): json.loads(m.value) for m in sample.registry.read("state")}
    assert {r["code"]: r for r in records} == state and any(r["status"] == "closed" for r in records)
    codes = [r["code"] for r in records]
    assert codes == sorted(codes, key=str.encode)
    table = serve.get("/v1/snapshots/latest", format="csv")
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [r["code"] for r in rows] == codes
    assert [r["status"] for r in rows] == [r["status"] for r in records] and [r["name"] for r in rows] == [r["info"]["name"] for r in records]
    about = serve.get("/v1/snapshots/latest", format="json").json()
    assert about["codes"] == len(codes) and about["hash"] == last["data"]["hash"]
    for accept, kind in (("text/csv", "text/csv"), ("application/json", "application/json"), ("application/x-ndjson", "application/x-ndjson")):
        assert serve.get("/v1/snapshots/latest", {"Accept": accept}).headers["content-type"].startswith(kind), accept
    serve.problem("/v1/snapshots/latest", 400, "parameter", format="xml")
    serve.problem("/v1/snapshots/01-" + "0" * 20, 404, "not-found")
    serve.problem("/v1/snapshots/..%2F..%2Fetc%2Fpasswd", 404, "not-found")


def test_files_and_checksums(sample):
    """C-46: size and SHA-256 of each form; gzipped it is the same."""
    about = sample.serve.get("/v1/snapshots/latest", format="json").json()
    assert [f["format"] for f in about["files"]] == ["ndjson", "csv"]
    for file in about["files"]:
        for coding in ({}, {"Accept-Encoding": "gzip"}):
            got = sample.serve.request("GET", file["href"], coding)
            assert bool(coding) == (got.headers.get("content-encoding") == "gzip")
            assert (len(got.body), hashlib.sha256(got.body).hexdigest()) == (file["size"], file["sha256"]), file


def test_a_download_goes_on(sample):
    """C-47"""
    serve = sample.serve
    listed = serve.ask("/v1/snapshots")["snapshots"]
    assert [s["id"] for s in listed] == sorted((s["id"] for s in listed), reverse=True)
    target = f"/v1/snapshots/{listed[0]['id']}"
    for coding in ({}, {"Accept-Encoding": "gzip"}):
        whole = serve.get(target, coding)
        size, tag = len(whole.raw), whole.headers["etag"]
        assert whole.headers["accept-ranges"] == "bytes" and not tag.startswith("W/")
        for asked, part in (("bytes=0-99", whole.raw[:100]), (f"bytes={size // 2}-", whole.raw[size // 2:]), ("bytes=-50", whole.raw[-50:]),
                            (f"bytes=10-{size + 5}", whole.raw[10:])):
            got = serve.get(target, {**coding, "Range": asked, "If-Range": tag})
            assert got.status == 206 and got.raw == part, asked
            start = size - 50 if asked == "bytes=-50" else int(asked[6:].partition("-")[0])
            assert got.headers["content-range"] == f"bytes {start}-{start + len(part) - 1}/{size}"
        other = serve.get(target, {**coding, "Range": "bytes=0-9", "If-Range": '"another"'})
        assert other.status == 200 and other.raw == whole.raw
        beyond = serve.get(target, {**coding, "Range": f"bytes={size}-"})
        assert beyond.status == 416 and beyond.headers["content-range"] == f"bytes */{size}"


def test_kept_and_never_changed(registry):
    """C-47: a later one beside it; `orgcode-serve snapshot` makes one at once."""
    registry.start_all()
    registry.publish([registry.established("H26", "ROOT")], "--wait", check=True)
    folder = registry.folder / "snapshots"
    serve = Serve(registry, "--snapshots", folder)
    wait_until(lambda: serve.get("/v1/snapshots/latest").status == 200, 30, "a snapshot")
    first = serve.get("/v1/snapshots/latest")
    registry.publish([registry.established("H26.01")], "--wait", check=True)
    made = registry.run("serve", "snapshot", "--snapshots", folder, check=True).stdout.strip()
    assert made == serve.get("/v1/changes").headers["feed-head"]
    assert [s["id"] for s in serve.ask("/v1/snapshots")["snapshots"]] == [made, first.headers["feed-next"]]
    assert serve.get("/v1/snapshots/latest").headers["feed-next"] == made
    again = serve.get(f"/v1/snapshots/{first.headers['feed-next']}")
    assert (again.raw, again.headers["etag"]) == (first.raw, first.headers["etag"])
