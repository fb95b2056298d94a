"""An upgrade as deploy/runbook/upgrade.md has it: tables first, then one program after the other, while acts keep arriving."""

import re
import shlex
import socket
import subprocess
import sys

import pytest

from harness import wait_until
from harness.oracle import Oracle
from harness.program import BUILD, Program
from harness.services import ROOT
from harness.stress import Readers
from harness.units import labels_of

sys.path.append(str(ROOT / "tests/integration/faults"))
sys.path.append(str(ROOT / "tests/tidy"))

import docs  # noqa: E402
from agencies import Agencies  # noqa: E402

PROGRAMS = ("validate", "validate-2", "apply", "apply-2", "notify")
RUNBOOK = ROOT / "deploy/runbook/upgrade.md"


def git(*args):
    done = subprocess.run(["git", "-c", "safe.directory=*", "-C", ROOT, *args], capture_output=True)
    if done.returncode:
        pytest.skip(f"the history of the source is needed to build the release before: {done.stderr.decode().strip()}")
    return done.stdout


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """(folder of the programs of the last commit before the newest migration, number of that migration)."""
    newest = sorted((ROOT / "schemas/sql").glob("[0-9]*.sql"))[-1]
    added = git("log", "--diff-filter=A", "--format=%H", "-1", "--", str(newest.relative_to(ROOT))).decode().strip()
    source = tmp_path_factory.mktemp("before")
    subprocess.run(["tar", "-x", "-C", source], input=git("archive", f"{added}^" if added else "HEAD"), check=True)
    programs = [f"orgcode-{name}" for name in ("validate", "apply", "notify", "serve")]
    for command in (["cmake", "-G", "Ninja", "-S", source, "-B", source / "build", "-DCMAKE_BUILD_TYPE=Plain", "-DCMAKE_C_FLAGS=-O1",
                     "-DORGCODE_TESTS=OFF", "-DORGCODE_MAN=OFF"], ["ninja", "-C", source / "build", "-j2", *programs]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return source / "build/bin", int(newest.name[:3])


class Upgrade:
    def __init__(self, registry, agencies, before, steps):
        self.registry, self.agencies, self.before, self.steps, self.done = registry, agencies, before, steps, 0

    def goes_on(self, deadline=60):
        """Acts that are published now are decided and told."""
        record, told = self.registry.place()["record"], self.registry.told()  # before the next part of the load is let go
        self.done += 1
        self.agencies.allowed = self.done / self.steps
        wait_until(lambda: self.registry.place()["record"] > record + 5 and self.registry.told()[1] > told[1], deadline,
                   lambda: f"acts go on after step {self.done}: {self.registry.place()}, {self.registry.told()}, {told}\n{self.registry.tails()}")
        assert self.agencies.error is None and self.agencies.busy, f"no load after step {self.done}: {self.agencies.error}"

    def shell(self, script):
        r = self.registry
        done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=r.folder, capture_output=True, text=True,
                              env={**r.env, **r.services.account_env("admin", r.conninfo), "PATH": f"{BUILD / 'bin'}:/usr/bin:/bin"}, timeout=120)
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"

    def restart(self, labels, bin=None):
        """The copies of one program, as machine by machine; of apply the standby first. bin: folder of the program in its place."""
        for label in sorted(labels, key=lambda label: self.is_active(self.registry[label])):
            program = self.registry[label]
            assert program.stop(30) == 0, program.tail()
            program.bin = bin
            program.start()
            self.goes_on()

    @staticmethod
    def is_active(program):
        said = [line["message"] for line in program.log_lines() if line.get("message") in ("active", "standing by")]
        return said[-1:] == ["active"]

    def as_the_runbook_says(self):
        """Yields behind each block of commands; behind the words of the way back, the old programs are in place."""
        back = RUNBOOK.read_text().splitlines().index("## Back")
        for block in docs.blocks(RUNBOOK):
            if block.script:
                self.shell(block.script)
                self.goes_on()
                yield block.text
            elif commands := re.findall(r"^systemctl restart (.+)$", block.text, re.M):
                for unit in (unit for words in commands for unit in shlex.split(words)):
                    self.restart(labels_of(unit, (*PROGRAMS, "serve")), self.before if block.line > back else None)
                yield block.text


@pytest.fixture
def listener():
    """The socket of orgcode-serve, which systemd holds."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen(1024)
        yield made


@pytest.mark.noasan
def test_upgrade_under_load(before, make_registry, listener):
    bin_before, newest = before
    r = make_registry(authorities=["ROOT"], migrate=False, genesis=False)
    agencies = Agencies(r, seed=20250701, acts=500, groups=2, pace=0.1, crashes=0, repeats=0.1)
    r.add_authorities(*agencies.load.authorities)
    r.bin = bin_before
    r.run("apply", "--migrate", "init", check=True)
    first = r.value("select max(number) from orgcode_ops.migration")
    for label in PROGRAMS:
        r.start(label.partition("-")[0], label=label)
    serve = r.programs["serve"] = Program("serve", [], r.env_of("serve"), r.folder, bin=bin_before, listener=listener)
    readers = Readers(lambda: [listener.getsockname()], asks=[("/v1/changes?limit=1", lambda page: True)])
    upgrade = Upgrade(r, agencies, bin_before, steps=18)
    agencies.allowed = 0
    agencies.start()
    try:
        upgrade.goes_on(120)
        readers.more()
        r.bin, went = None, 0  # the record at which all programs were those of after
        for commands in upgrade.as_the_runbook_says():
            if "--migrate" in commands:
                assert r.value("select max(number) from orgcode_ops.migration") == newest > first
                for label in PROGRAMS:  # the programs of before go on, and those that crash too
                    r[label].kill()
                    r[label].start()
                upgrade.goes_on()
            if not went and all(p.bin is None for p in r.programs.values()):
                went = r.place()["record"]
        assert all(p.running and p.bin == bin_before for p in r.programs.values()), r.tails()
        assert 0 < went < r.place()["record"] and r.value("select max(number) from orgcode_ops.migration") == newest
        readers.more()
        agencies.allowed = 1
        agencies.wait()
        readers.end()
    finally:
        readers.stop.set()
        agencies.stop()
    assert readers.lost == 0 and readers.good > 100, (readers.lost, readers.good)
    assert serve.stop() == 0, serve.tail()
    r.wait_all(deadline=240)
    agencies.check_sent()
    counts = Oracle(r, agencies.load.act_of).check()
    assert counts["gaps"] == 0 and agencies.published > 300, counts
    print(counts, "published", agencies.published)


# What the programs write into; a later release may add to any of it.
WRITTEN = ("place", "origin_mark", "scheme", "code", "code_version", "succession", "act", "pending_act", "change", "receipt", "law")


def later_migration():
    """Columns, with and without a default, and an index in each table that apply writes, in one transaction as a migration is."""
    yield "set search_path = orgcode; set lock_timeout = '30s'"
    for table in WRITTEN:
        yield f"alter table {table} add column later_note text, add column later_count bigint not null default 7"
        yield f"create index {table}_later on {table} (later_count)"


def test_columns_of_a_later_release(make_registry):
    """The programs of this release run on through a migration of the next one that changes every table which they write."""
    r = make_registry(authorities=["ROOT"])
    agencies = Agencies(r, seed=20250702, acts=240, groups=2, pace=0.05, crashes=0, repeats=0.1)
    r.add_authorities(*agencies.load.authorities)
    for label in PROGRAMS:
        r.start(label.partition("-")[0], label=label)
    upgrade = Upgrade(r, agencies, None, steps=4)
    agencies.allowed = 0
    agencies.start()
    try:
        upgrade.goes_on(120)
        before = {label: r[label].pid for label in PROGRAMS}
        r.sql("; ".join(later_migration()))
        upgrade.goes_on()
        assert {label: r[label].pid for label in PROGRAMS} == before and all(r[label].running for label in PROGRAMS), r.tails()
        for label in PROGRAMS:  # and those that are started on the new tables
            r[label].kill()
            r[label].start()
        upgrade.goes_on()
        agencies.allowed = 1
        agencies.wait()
    finally:
        agencies.stop()
    r.wait_all(deadline=240)
    agencies.check_sent()
    counts = Oracle(r, agencies.load.act_of).check()
    assert counts["gaps"] == 0 and agencies.published > 150, counts
    for table in ("code", "code_version", "act", "change", "receipt"):
        assert r.value(f"select count(*) > 0 from orgcode.{table} where later_note is null and later_count = 7"), table
        assert r.value(f"select count(*) from orgcode.{table} where later_count <> 7") == 0
