"""orgcode-serve before there is a registry, and those who came that early."""

import threading
import time

from harness.directory import Directory
from harness.serve import Serve
from harness.story import play
from harness.wait import SLOW, wait_until

EARLY = ("/v1/changes", "/v1/changes?wait=20", f"/v1/changes?after=00-{0:020}", "/v1/organizations", "/v1/organizations?q=h", "/v1/organizations/H26",
         "/v1/organizations/H26/tree", "/v1/resolve/H26", "/v1/schemes", "/v1/coverage", "/dmdc/Category/qlvanbandieuhanhcap1", "/o/H26", "/?q=h")


def poll_all(serve, out, applied):
    """As a client does that obeys Retry-After: from the first, page by page, to the end once all is applied."""
    query = {"limit": 7}
    while True:
        complete = applied.is_set()
        answer = serve.get("/v1/changes", **query)
        if answer.status == 503:
            time.sleep(0.1)
            continue
        assert answer.status == 200, answer.text
        out += [e["id"] for e in answer.json()]
        if complete and not answer.json():
            return
        query.update(after=answer.headers["feed-next"], wait=1)


def test_who_comes_before_the_birth_is_not_lost(make_registry, tmp_path):
    """C-45, C-46, C-48, C-49: told to come again, or held; then it gets all there is, of the epoch that it is."""
    registry, folder, polled = make_registry(mode="scripted", genesis=False), tmp_path / "kept", []
    applied = threading.Event()
    serve = Serve(registry, "--snapshots", folder, "--snapshot-every", "1s")
    for target in EARLY:
        answer = serve.request("GET", target)
        assert answer.status == 503 and int(answer.headers["retry-after"]) > 0 and answer.json()["type"] == "urn:orgcode:problem:unborn", (target, answer.text)
        assert "feed-next" not in answer.headers
    assert serve.request("POST", "/v1/resolve", {"Content-Type": "application/json"}, '{"codes": ["H26"]}').status == 503
    for path in ("/healthz", "/readyz"):
        assert serve.get(path).status == 200 and "id" not in serve.get(path).json()
    serve.problem("/v1/changes/stream", 503, "unborn", {"Last-Event-ID": f"03-{5:020}"})
    serve.problem("/v1/snapshots/latest", 404, "not-found")
    made = registry.run("serve", "snapshot", "--snapshots", folder)
    assert made.returncode != 0 and "has not been made yet" in made.stdout + made.stderr
    streams = [serve.stream(), serve.stream(after=f"00-{0:020}"), serve.stream(subject="prefix:H26.")]
    assert [(s.status, s.next()) for s in streams] == [(200, {"comment": ""})] * 3

    poller = threading.Thread(target=poll_all, args=(serve, polled, applied), daemon=True)
    poller.start()
    registry.journal([registry.record_genesis("2020-01-01T00:00", epoch=3)])
    play(registry)
    applied.set()
    poller.join(60 * SLOW)
    wanted = {e["id"]: e["subject"] for e in serve.all_changes(limit=1000)}
    last = f"03-{registry.place()['sequence']:020}"
    assert polled == list(wanted) and polled[-1] == last
    for stream in streams:
        ids = [e["id"] for e in stream.until(lambda e: e.get("id") == last) if e.get("event") == "change"]
        assert ids == [i for i, subject in wanted.items() if stream is not streams[2] or subject.startswith("H26.")]
        stream.close()
    wait_until(lambda: serve.get("/v1/snapshots/latest", format="json").status == 200, 30, "a snapshot")
    wait_until(lambda: serve.get("/v1/snapshots/latest").headers["feed-next"] == last, 30, "a snapshot of all")
    assert len(serve.get("/v1/snapshots/latest").text.splitlines()) == 1 + len(Directory(serve).records)
    assert not list(folder.glob("00-*")) and serve.get("/readyz").json()["id"] == last
