"""The pages of deploy/runbook, as an operator would go by them: each block of commands in order, on services of their own."""

import json
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
from harness import Services, wait_until
from harness.program import BUILD
from harness.services import ROOT
from harness.units import labels_of
from harness.wait import SLOW

sys.path.append(str(ROOT / "tests/tidy"))
sys.path.append(str(ROOT / "tests/integration/faults"))

import docs  # noqa: E402
from slow import SlowPostgres  # noqa: E402

PAGES = ROOT / "deploy/runbook"
ALL = ("validate", "apply", "notify")
HERE = "tests/integration/test_runbook.py"


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    """A Kafka and a PostgreSQL that may be lost."""
    found = Services(tmp_path_factory.mktemp("runbook"))
    try:
        found.start()
        yield found
    finally:
        found.clean()


def options_of(registry):
    """The test's /etc/orgcode: a file of options for each service, which in secure mode has its account too."""
    etc = registry.folder / "etc"
    if not etc.exists():
        etc.mkdir()
        for name in ALL:
            given = registry.env_of(name).get("ORGCODE_CONFIG")
            (etc / f"{name}.conf").write_text(Path(given).read_text() if given else "")
    return etc


class Page:
    """The blocks of a page that this test is to run, and what came of each."""

    def __init__(self, registry, name, section=None):
        text = docs.blocks(PAGES / f"{name}.md")
        lines = (PAGES / f"{name}.md").read_text().splitlines()
        if section:
            begin = lines.index(f"## {section}") + 1
            end = next((n for n, line in enumerate(lines[begin:], begin + 1) if line.startswith("## ")), len(lines) + 1)
            text = [b for b in text if begin < b.line < end]
        text = [b for b in text if b.skip and HERE in b.skip and (registry.services.secure or "in secure mode" not in b.skip)]
        self.registry, self.etc, self.blocks, self.out = registry, options_of(registry), text, ""

    def step(self, holds):
        """The next block, which must hold these words."""
        block = self.blocks.pop(0)
        assert holds in block.text, f"{block.where} was expected to have: {holds}"
        self.out = ""
        for part in re.split(r"^(systemctl .*)\n", block.text, flags=re.M):
            if part.startswith("systemctl "):
                self.systemctl(*shlex.split(part)[1:])
            elif part.strip():
                self.out += self.shell(part, block.where)
        return self.out

    def rest(self):
        while self.blocks:
            self.step("")
        return self.out

    def shell(self, script, where):
        """As the admin; /etc/orgcode is the test's own."""
        r = self.registry
        done = subprocess.run(["bash", "-eo", "pipefail", "-c", script.replace("/etc/orgcode", f"'{self.etc}'")], cwd=r.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=240 * SLOW,
                              env={**r.env, **r.services.account_env("admin", r.conninfo), "PATH": f"{BUILD / 'bin'}:/usr/bin:/bin"})
        assert done.returncode == 0, f"{where}\n{script}\n{done.stdout}{done.stderr}\n{r.tails()}"
        return done.stdout

    def systemctl(self, verb, *units):
        """A service is started with its own file of options and nothing of the shell's, as by systemd."""
        r = self.registry
        for label in (label for unit in units for label in labels_of(unit, ALL)):
            runs = label in r.programs and r[label].running
            if verb == "stop" and runs:
                assert r[label].stop(30) == 0, r[label].tail()
            elif verb == "start" and not runs:
                r.start(label, label=label, env={"ORGCODE_CONFIG": str(self.etc / f"{label}.conf")})


def digest(registry):
    return json.loads(registry.run("replay", "verify", "--digest", "--json", check=True).stdout.splitlines()[-1])["digest"]


def publish(registry, *acts):
    return registry.publish(list(acts), "--wait")


def told_once(registry):
    registry.wait_all(120)
    assert [int(c["sequence"]) for c in registry.changes()] == list(range(1, registry.place()["sequence"] + 1))
    assert [r["number"] for r in registry.receipts()] == list(range(1, registry.place()["receipt"] + 1))


@pytest.fixture
def lively(registry):
    """A registry in service, with codes of H26 and G12."""
    registry.start_all()
    done = publish(registry, registry.established("H26", "ROOT"), registry.established("G12", "ROOT"))
    assert done.returncode == 0, done.stderr
    assert publish(registry, registry.established("H26.18"), registry.established("G12.3", "G12")).returncode == 0
    registry.wait_all()
    return registry


def test_start_and_stop(lively):
    page = Page(lively, "start-stop")
    page.step("systemctl stop")
    assert not any(p.running for p in lively.programs.values())
    lively.publish([lively.established("H26.19")], check=True)
    page.step("systemctl start")
    assert "nothing is wrong" in page.rest()
    told_once(lively)


def test_back_up_and_restore(lively):
    r, page = lively, Page(lively, "backup")
    page.step("pg_dump")
    saved = r.place()["sequence"]
    assert publish(r, r.established("H26.20"), r.established("H26.21")).returncode == 0
    r.wait_all()
    before, changes = digest(r), r.changes()
    page.step("pg_restore")
    assert r.place()["sequence"] == saved
    page.step("systemctl start orgcode-notify")
    wait_until(lambda: "behind" in r["notify"].log_text(), 60, r["notify"].tail)
    page.step("systemctl start orgcode-apply")
    r.wait_all(120)
    page.rest()
    assert digest(r) == before and r.changes() == changes
    assert publish(r, r.established("H26.22")).returncode == 0
    told_once(r)


def test_rebuild(lively):
    r, page = lively, Page(lively, "rebuild")
    before = digest(r)
    page.step("rebuild --into rebuilt")
    page.step("verify")
    page.step("swap --schema rebuilt")
    assert r.value("select count(*) from pg_namespace where nspname = 'orgcode_before'") == 1
    page.step("swap --back")
    page.rest()
    assert r.value("select count(*) from pg_namespace where nspname in ('orgcode_before', 'rebuilt')") == 0
    assert digest(r) == before
    assert publish(r, r.established("H26.22")).returncode == 0
    told_once(r)


def test_damaged_tables(lively):
    r, page = lively, Page(lively, "damaged-tables")
    before, changes = digest(r), r.changes()
    r.sql("update orgcode.change set data = replace(data, 'H26.18', 'H26.17') where sequence = 3")  # its hash says so
    r.sql("update orgcode.code set name = 'Nobody decided this' where code = 'G12.3'")  # nothing but the journal does
    said = page.step("rebuild --into rebuilt")
    assert "change, sequence 3: hash" in said and "code, code G12.3" in said and said.count("DIFFERENT") == 2, said
    page.step("systemctl stop")
    assert publish(r, r.established("H26.20")).returncode == 0
    page.rest()
    told_once(r)
    assert r.value("select name from orgcode.code where code = 'G12.3'") == "Đơn vị G12.3"
    assert r.changes()[:len(changes)] == changes and digest(r) != before


def test_redrive(lively):
    r, page = lively, Page(lively, "redrive")
    child = r.established("H26.30.1")
    assert publish(r, child).returncode == 1
    assert publish(r, r.established("H26.30")).returncode == 0
    assert child["actId"] in page.step("redrive --rule PARENT")
    page.step("--rate 50")
    r.wait_all(120)
    assert r.verdicts()[child["actId"]] == "accepted"
    page.rest()
    told_once(r)


def test_a_poisoned_topic(lively):
    r, page = lively, Page(lively, "poisoned-topic")
    for _ in range(20):
        r.send_act_bytes("H26", b"\x00poison")
    r.kafka.send(f"{r.prefix}.journal", b"what is this")
    r.wait_all()
    assert "20" in page.step("inspect rejected")
    r["validate"].pause()
    for _ in range(20):
        r.send_act_bytes("H26", b"\x00poison")
    end = r.acts_ends()["H26"]
    r["validate"].resume()
    page.rest()
    good = r.established("H26.40")
    assert publish(r, good).returncode == 0 and r.acts_ends()["H26"] > end
    told_once(r)


def drained(registry, acts, start):
    """Seconds that it takes to get over acts that wait. start() starts apply."""
    registry["apply"].stop()
    registry.kafka.send_many(f"{registry.prefix}.acts.H26", [dict(value=act) for act in acts])
    registry.wait_validated(60)
    begin = time.monotonic()
    start()
    registry.wait_applied(deadline=120)
    return time.monotonic() - begin


def test_a_slow_disk(lively, services):
    r, page = lively, Page(lively, "slow-disk")
    acts = r.frames([r.established(f"H26.{number}") for number in range(1000, 4000)])
    slow = SlowPostgres(services)
    try:
        wait_until(lambda: r.sql("select 1"), 30, "a connection to the new server")
        slow.set(0.1)
        small = drained(r, acts[:1500], lambda: r.start("apply", "--batch-records", "100", label="apply"))
        slow.set(8)  # the page looks once
        r.kafka.send_many(f"{r.prefix}.acts.H26", [dict(value=act) for act in acts[1500:1600]])
        wait_until(lambda: r.value("select count(*) from pg_stat_activity where datname = current_database() and wait_event in ('WALSync', 'WALWrite')"), 60,
                   "sessions wait for the log", every=0.1)
        said = page.step("pg_stat_wal")
        assert ("WALSync" in said or "WALWrite" in said) and "lag" in said, said
        slow.set(0.1)
        r.wait_applied(deadline=120)
        large = drained(r, acts[1600:], lambda: page.step("batch-records"))
        assert "10000" in page.out
    finally:
        slow.close()
    wait_until(lambda: r.sql("select 1"), 30, "a connection to the server of before")
    print(f"seconds with batches of 100 {small}, of 10,000 {large}")
    assert large < small
    assert r["apply"].env["ORGCODE_CONFIG"] == str(page.etc / "apply.conf")
    assert publish(r, r.established("H26.40")).returncode == 0
    told_once(r)


def test_a_lost_postgresql(lively, services):
    r, page = lively, Page(lively, "lost-postgresql")
    before, changes = digest(r), r.changes()
    services.kill("postgres")
    services._run("clean", "postgres")
    services.start("postgres")
    r._admin_sql(f'create database "{r.database}"')
    page.step("orgcode-apply --migrate")
    page.rest()
    r.wait_all(120)
    assert digest(r) == before and r.changes() == changes
    assert publish(r, r.established("H26.40")).returncode == 0
    told_once(r)


def lose_kafka(services, page):
    """Its data are gone; services are stopped, as the page begins, and there is a new cluster."""
    services.kill("kafka")
    page.step("systemctl stop")
    services._run("clean", "kafka")
    services.start("kafka")


def test_a_lost_kafka_with_the_journal_as_a_file(lively, services):
    r, page = lively, Page(lively, "lost-kafka")
    r.run("replay", "export", "journal.gz", check=True)
    before, heads, changes = digest(r), r.digest(), r.changes()
    lose_kafka(services, page)
    page.step("orgcode-topics --mode scripted")
    if services.secure:
        page.step("--rights")
    page.step("import journal.gz")
    page.step("orgcode_lost")
    page.step("--compare")
    assert r.digest() == heads and digest(r) == before
    page.step("control live")
    assert publish(r, r.established("H26.40")).returncode == 0
    told_once(r)
    assert [(c["id"], c["data"]) for c in r.changes()][:len(changes)] == [(c["id"], c["data"]) for c in changes]


def test_a_lost_kafka_without_it(lively, services):
    r = lively
    lose_kafka(services, Page(r, "lost-kafka"))
    Page(r, "lost-kafka", "Without").rest()
    assert publish(r, r.established("H26", "ROOT"), r.established("H26.18")).returncode in (0, 1)
    r.wait_all(120)
    assert {c["id"][:3] for c in r.changes()} == {"02-"}
