"""Snapshots of the whole directory, clause by clause (schemas/contract.md C-46, C-47)."""

import csv
import hashlib
import io
import json
import os
import re
import subprocess
import threading

import pytest
from harness.program import program_path
from harness.serve import Serve
from harness.stress import make_still, rest_of, slow_reader, write_changes, write_codes
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


def zipped(serve, snapshot):
    """The zipped forms follow the snapshot; CSV is the last."""
    wait_until(lambda: "content-encoding" in serve.request("HEAD", f"/v1/snapshots/{snapshot}?format=csv", {"Accept-Encoding": "gzip"}).headers, 30,
               "the snapshot is zipped")


def test_files_and_checksums(sample):
    """C-46: size and SHA-256 of each form; gzipped it is the same, and until it is zipped it comes as it is."""
    about = sample.serve.get("/v1/snapshots/latest", format="json").json()
    zipped(sample.serve, about["id"])
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
    zipped(serve, listed[0]["id"])
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


# ---- the makers --------------------------------------------------------------------------------------------------------

def begin_snapshot(registry, folder):
    return subprocess.Popen([program_path("serve"), "snapshot", "--snapshots", str(folder)], env=registry.env_of("serve"), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def check_files(folder):
    """What each manifest says is there, byte for byte; ids."""
    ids = []
    for manifest in sorted(folder.glob("*.json")):
        about = json.loads(manifest.read_text())
        for file in about["files"]:
            data = (folder / f"{about['id']}.{file['format']}").read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (file["size"], file["sha256"]), (manifest, file)
            path = folder / f"{about['id']}.{file['format']}.gz"
            if path.exists():  # it comes later, and whole
                unzipped = subprocess.run(["gzip", "-dc", str(path)], capture_output=True)
                assert unzipped.returncode == 0 and unzipped.stdout == data, path
        ids.append(about["id"])
    return ids


def test_several_makers_take_turns_and_leave_nothing_unfinished(registry, tmp_path):
    """C-47: copies on one folder, `orgcode-serve snapshot` beside them, and one that is killed in the middle."""
    still, folder, stop = make_still(registry), tmp_path / "kept", threading.Event()
    write_codes(still, 20_000)
    killed = begin_snapshot(still, folder)
    wait_until(lambda: any(f.stat().st_size for f in folder.glob("*.new")), 30, "one is being made")
    killed.kill()
    killed.wait()
    assert not check_files(folder)
    wrong = []

    def watch():
        while not stop.is_set():
            try:
                check_files(folder)
            except Exception as e:
                wrong.append(e)
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        makers = [begin_snapshot(still, folder) for _ in range(3)]
        made = {maker.communicate(timeout=120)[0].strip() for maker in makers}
    finally:
        stop.set()
        watcher.join()
    id_ = f"01-{still.place()['sequence']:020}"
    assert not wrong, wrong
    assert len(list(folder.glob("*.gz"))) == 2 and made == {id_} and check_files(folder) == [id_] and all(maker.returncode == 0 for maker in makers)
    assert not list(folder.glob("*.new"))
    before = {f.name: f.stat().st_ino for f in folder.iterdir()}
    assert begin_snapshot(still, folder).communicate(timeout=120)[0].strip() == id_
    assert {f.name: f.stat().st_ino for f in folder.iterdir()} == before


def test_a_snapshot_follows_the_clock_and_old_ones_go(registry):
    """C-47: a download that has begun ends whole, though its snapshot is deleted under it."""
    still = make_still(registry)
    write_codes(still, 20_000)
    serve = Serve(still, "--snapshots", still.folder / "kept", "--snapshot-every", "1s", "--snapshots-kept", "2")

    def latest():
        return serve.get("/v1/snapshots/latest", format="json")
    wait_until(lambda: latest().status == 200, 60, "the first")
    first = latest().json()
    held = slow_reader(serve, f"/v1/snapshots/{first['id']}")
    begun = held.recv(1000)
    ids = [first["id"]]
    for _ in range(3):
        write_changes(still, 1)
        ids.append(f"01-{still.place()['sequence']:020}")
        wait_until(lambda: latest().json()["id"] == ids[-1], 60, "another one")
    wait_until(lambda: [s["id"] for s in serve.ask("/v1/snapshots")["snapshots"]] == [ids[3], ids[2]], 30, "the old ones go")
    serve.problem(f"/v1/snapshots/{first['id']}", 404, "not-found")
    whole = (begun + rest_of(held)).partition(b"\r\n\r\n")[2]
    held.close()
    file = first["files"][0]
    assert (len(whole), hashlib.sha256(whole).hexdigest()) == (file["size"], file["sha256"])
    wait_until(lambda: len([f for f in (still.folder / "kept").iterdir() if re.match(r"\d\d-", f.name)]) == 10, 30, "two snapshots, zipped too")


@pytest.mark.noasan
def test_a_snapshot_takes_no_more_memory_of_many_codes_than_of_few(registry, tmp_path):
    """However large the directory is, it is read as it comes."""
    still, most = make_still(registry), []
    for count, prefix in ((2000, "H26.A"), (60_000, "H26.B")):
        write_codes(still, count, prefix)
        write_changes(still, 1)
        process = begin_snapshot(still, tmp_path / "kept")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        most.append(usage.ru_maxrss)
    size = (tmp_path / "kept" / f"01-{still.place()['sequence']:020}.ndjson").stat().st_size
    print(f"{most[0]} KiB, {most[1]} KiB; {size >> 20} MiB written")
    assert most[1] - most[0] < 4096 < size // 4096
