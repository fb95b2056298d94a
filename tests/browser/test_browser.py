"""The web page of orgcode-serve: the sample, published for real, in Debian's Chromium."""

import gzip
import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from harness import wait_until
from harness.program import program_path
from harness.wait import SLOW

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parents[1] / "schemas/samples"
FILES = sorted(SAMPLES.glob("0*.jsonl"))
# what a page must show as text
MARKUP = "Trung tâm <b>đậm</b> & <img src=x onerror=alert(1)> (minh họa)"


def get(url, accept="text/html", **headers):
    """(status, headers, body) of an address, as a browser asks for it."""
    request = urllib.request.Request(url, headers={"Accept": accept, **{k.replace("_", "-"): v for k, v in headers.items()}})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.fixture
def served(make_registry):
    """The sample behind orgcode-serve: (registry, address)."""
    authorities = {json.loads(line)["authority"] for file in FILES for line in file.read_text().splitlines()}
    registry = make_registry(authorities=sorted(authorities)).start_all()
    for file in FILES:
        registry.publish(file, "--wait", "--wait-timeout", "120s", check=True)
    coming = registry.act("contact_updated", {"code": "H26.18", "set": {"phone": "000 111 (minh họa)"}}, on="2031-01-01", decision=False)
    registry.publish([coming], "--wait", check=True)
    registry.bin = os.environ.get("ORGCODE_TEST_SERVE_BIN")  # that of another build, with sanitizers; their reports fail the test
    serve = registry.start("serve", "--listen", "127.0.0.1:0", "--index", "--snapshots", registry.folder / "snapshots")
    registry.bin = None
    port = wait_until(lambda: next((line["port"] for line in serve.log_lines() if line.get("message") == "serving"), None), 30)
    address = f"http://127.0.0.1:{port}"

    def ready():
        found = json.loads(get(f"{address}/v1/organizations?q=so%20xay%20dung")[2])["organizations"]
        return found[0]["code"] == "H26.18" and json.loads(get(f"{address}/v1/snapshots")[2])["snapshots"]
    wait_until(ready, 60, "the search index and a snapshot")
    return registry, address


def live_acts(registry):
    """For each variant of the browser tests an act to publish while it looks."""
    paths = []
    for number in range(4):
        act = registry.established(f"H26.90{number}", name=MARKUP)
        paths.append(str(registry.acts_file([act], "live")))
    return paths


def test_the_page(served, tmp_path_factory):
    registry, address = served
    shots = Path(os.environ.get("ORGCODE_TEST_SHOTS") or tmp_path_factory.mktemp("screenshots"))
    shots.mkdir(parents=True, exist_ok=True)
    tests = sorted(HERE.glob("*.test.mjs"))
    env = {**registry.env, "ORGCODE_PAGE": address, "ORGCODE_SHOTS": str(shots), "ORGCODE_LIVE": json.dumps(live_acts(registry)),
           "ORGCODE_PUBLISH_PROGRAM": program_path("publish"), "ORGCODE_MARKUP": MARKUP, "ORGCODE_SLOW": str(SLOW)}
    done = subprocess.run(["node", "--test", "--test-reporter=spec", *map(str, tests)], cwd=HERE, env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=900 * SLOW)
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-4000:]
    assert len(list(shots.glob("*.png"))) >= 40, "screenshots are missing"


def test_assets_and_problems(served, services):
    registry, address = served
    status, headers, body = get(address + "/")
    assert status == 200 and headers["Content-Security-Policy"].startswith("default-src 'none'")
    page = body.decode()
    assert "<style" not in page and "style=" not in page and "<script>" not in page and "http" not in page.replace("http-equiv", "")

    script = page.split('<script type="module" src="')[1].split('"')[0]
    status, headers, body = get(address + script, accept="*/*")
    assert status == 200 and headers["Content-Type"].startswith("text/javascript") and b"import" in body
    assert "immutable" in headers["Cache-Control"]
    style = script.replace("app.js", "style.css")
    status, zipped, small = get(address + style, accept="*/*", Accept_Encoding="gzip")
    assert zipped["Content-Encoding"] == "gzip" and gzip.decompress(small) == get(address + style, accept="*/*")[2]
    assert get(address + script, accept="*/*", If_None_Match=headers["ETag"])[0] == 304
    other = "/assets/000000000000/" + script.rsplit("/", 1)[1]
    assert get(address + other)[1]["Cache-Control"] == "no-cache", "a file of another release is not kept"
    assert get(address + "/assets/000000000000/none.js")[0] == 404

    for path, word in (("/o/Z99", "chưa từng được cấp"), ("/nothing", "Không có địa chỉ này"), ("/?x=1", "Không có tham số này"),
                       ("/o/H26?validAt=2001-01-01", "chưa được cấp"), ("/o/H26?validAt=x", "không hợp lệ")):
        status, headers, body = get(address + path)
        assert status in (400, 404) and headers["Content-Type"].startswith("text/html") and word in body.decode(), path
        status, headers, body = get(address + path, accept="application/json")
        assert status in (400, 404) and headers["Content-Type"] == "application/problem+json", path
    for path in ("//example.org/", "/%5Cexample.org", "/\\example.org"):
        assert 'href="//' not in (body := get(address + path)[2].decode()) and 'href="/\\' not in body, path
    assert get(address + "/v1/organizations/Z99")[1]["Content-Type"] == "application/problem+json"

    services.kill("postgres")
    try:
        status, headers, body = get(address + "/o/H26?lang=en")
        assert status == 503 and "Retry-After" in headers and "The database does not answer" in body.decode()
        assert get(address + "/mergers")[0] == 200 and get(address + script)[0] == 200, "these need no database"
    finally:
        services.start()
    wait_until(lambda: get(address + "/o/H26")[0] == 200, 60, "the page after the database has come back")
