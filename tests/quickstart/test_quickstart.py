"""deploy/quickstart does what its help says. The tests go on from one another, in the order of this file."""

import json
import os
import re
import socket
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = json.loads((ROOT / "schemas/samples/expected.json").read_text())


def test_first_run_prints_what_the_sample_should_give(checkout):
    counts = {}
    for number, verdict in re.findall(r"^ +(\d+)  (accepted|announced|conflict|duplicate|held|rejected)\b", checkout.first, re.M):
        counts[verdict] = counts.get(verdict, 0) + int(number)
    assert counts == EXPECTED["receipts"]


def test_first_run_shows_changes_and_a_closed_province(checkout):
    assert "ce_type=vn.gov.orgcode.organization.merged.v1" in checkout.first
    assert re.search(r"H22 .*closed on 2025-07-01", checkout.first)
    assert re.search(r"became H60 .* on 2025-07-01", checkout.first)
    assert re.search(r"H22\.90 goes on as H60\.90 ", checkout.first)
    assert "How to go on:" in checkout.first


def test_the_directory_is_what_the_sample_should_give(checkout):
    closed = checkout.shell('psql -XAtc "select code from orgcode.code where status = 2 order by code" "$ORGCODE_PG"').split()
    assert closed == EXPECTED["closed"]
    headers = checkout.shell('kcat -C -q -e -b "$ORGCODE_BOOTSTRAP" -t orgcode.changes -o beginning -f "%h\\n" </dev/null')
    types = re.findall(r"ce_type=([^,\n]*)", headers)
    assert {t: types.count(t) for t in sorted(set(types))} == EXPECTED["changeTypes"]


def test_second_run_is_quick_and_changes_nothing(checkout):
    before, pids = checkout.place(), checkout.pids()
    again = checkout.quickstart()
    assert checkout.seconds < 30
    assert checkout.place() == before and len(before) == 4
    assert checkout.pids() == pids
    assert "What became of the acts" in again.stdout


def test_env_gives_addresses_and_programs(checkout):
    assert checkout.shell('psql -XAtc "select count(*) from orgcode.change" "$ORGCODE_PG"').strip() == str(EXPECTED["changes"])
    assert "orgcode.journal" in checkout.shell('kcat -L -b "$ORGCODE_BOOTSTRAP" </dev/null')
    assert "orgcode-publish" in checkout.shell('"$ORGCODE_PUBLISH" --version; orgcode-publish --version')
    # a shell that has the addresses from `env` may go on with the quick start itself
    assert "runs" in checkout.shell("deploy/quickstart status")


def test_the_address_printed_opens_in_a_browser(checkout):
    """The printed address gives the page, the same in a browser without JavaScript; `env` has it too."""
    address = re.search(r"^ +(http://127\.0\.0\.1:\d+)/ +.*browser", checkout.first, re.M).group(1)
    assert checkout.shell('echo "$ORGCODE_URL"; "$ORGCODE_SERVE" --version').startswith(address + "\norgcode-serve")
    with urllib.request.urlopen(urllib.request.Request(f"{address}/", headers={"Accept": "text/html"}), timeout=60) as page:
        assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
        assert "<form" in page.read().decode()
    with urllib.request.urlopen(f"{address}/v1/organizations/H22", timeout=60) as record:
        assert json.load(record)["record"]["code"] == "H22"


def test_serve_has_everything_that_was_decided(checkout):
    head = checkout.place()[0].split()[-1]
    with urllib.request.urlopen(checkout.shell('echo "$ORGCODE_URL"').strip() + "/v1/changes?limit=1", timeout=60) as page:
        assert page.headers["Feed-Head"] == head


def test_no_password_is_in_sight(checkout):
    secrets = {line.rsplit(":", 1)[1] for line in (checkout.folder / ".run/pgpass").read_text().split()}
    assert (checkout.folder / ".run/pgpass").stat().st_mode & 0o077 == 0
    seen = checkout.first + checkout.quickstart("env").stdout
    for name in ("cmdline", "environ"):
        for pid in checkout.pids().values():
            seen += Path(f"/proc/{pid}/{name}").read_bytes().decode(errors="replace")
    for log in (checkout.folder / ".run/log").iterdir():
        seen += log.read_text(errors="replace")
    assert not [s for s in secrets if s in seen]


def test_stop_and_start_go_on_where_it_was(checkout):
    before = checkout.place()
    checkout.quickstart("stop")
    stopped = checkout.quickstart("status", check=False)
    assert stopped.returncode == 1 and stopped.stdout.count("does not run") == 6
    checkout.quickstart("start")
    assert checkout.place() == before


def test_a_killed_program_is_started_again(checkout):
    before = checkout.place()
    pid = int(checkout.pids()["apply"])
    os.kill(pid, 9)
    assert "apply     does not run" in checkout.quickstart("status", check=False).stdout
    checkout.quickstart("start")
    assert checkout.place() == before


def test_taken_ports_are_replaced(checkout):
    before = checkout.place()
    checkout.quickstart("stop")
    ports = dict(line.split("=") for line in (checkout.folder / ".run/ports").read_text().split("\n") if "=" in line)
    taken = []
    try:
        for name in ("kafka", "postgres", "apply", "serve"):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("127.0.0.1", int(ports[name])))
            s.listen()
            taken.append(s)
        started = checkout.quickstart("start")
        assert started.stderr.count("is taken by another program") == 4
        assert checkout.place() == before
    finally:
        for s in taken:
            s.close()


def test_an_unknown_command_is_refused(checkout):
    done = checkout.quickstart("strat", check=False)
    assert done.returncode == 2 and "usage:" in done.stderr


def test_a_broken_disk_is_named(checkout, tmp_path):
    (tmp_path / "file").write_text("")
    done = checkout.quickstart(env={"ORGCODE_HOME": str(tmp_path / "file/home")}, check=False)
    assert done.returncode == 1 and "cannot make the folder" in done.stderr and "Set ORGCODE_HOME" in done.stderr


def test_without_network_it_says_so(checkout, tmp_path):
    """Maven finds nothing: an empty cache, and a settings file that knows only a server that is not there."""
    settings = tmp_path / ".m2/settings.xml"
    settings.parent.mkdir()
    settings.write_text("<settings><mirrors><mirror><id>none</id><mirrorOf>*</mirrorOf><url>http://127.0.0.1:9/</url></mirror>"
                        "</mirrors></settings>")
    env = {"ORGCODE_HOME": str(tmp_path / "home"), "ORGCODE_CACHE": str(tmp_path / "cache"),
           "MAVEN_OPTS": f"-Duser.home={tmp_path}", "ORGCODE_BUILD": str(checkout.folder / ".run/build")}
    done = checkout.quickstart(env=env, check=False)
    assert done.returncode == 1 and "Maven could not fetch Kafka's jars" in done.stderr and "No network?" in done.stderr
    checkout.quickstart("clean", env={**env, "ORGCODE_BUILD": str(tmp_path / "home/build")})


def runs(pid):
    """A zombie that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_clean_leaves_nothing(checkout):
    pids = checkout.pids()
    folder = (checkout.folder / ".run/postgres").resolve()
    checkout.quickstart("clean")
    assert not (checkout.folder / ".run").exists()
    assert not folder.exists()
    assert not [p for p in pids.values() if runs(p)]
