"""The quick start as an ordinary account with sudo, and what it says when packages are missing and cannot be had."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from conftest import copy_to
from test_elsewhere import EXPECTED, receipts

ROOT = Path(__file__).resolve().parents[2]
MISSING = "hello"  # a small package of Debian's, which the account's copy of the list asks for
HINT = "Ask an administrator to run: apt-get install --no-install-recommends "


def installed(package):
    return subprocess.run(["dpkg-query", "-W", "-f=${db:Status-Status}", package], capture_output=True, text=True).stdout == "installed"


class Account:
    """A user of this machine, who may do all by sudo without a password; gone with his home after the test."""

    def __init__(self, name="orgcode-quick"):
        self.name, self.rights = name, Path("/etc/sudoers.d") / name
        self.home = Path(tempfile.mkdtemp(prefix="orgcode-account-"))
        self.run(["/usr/sbin/useradd", "--no-create-home", "--home-dir", self.home, "--shell", "/bin/bash", name])
        self.rights.write_text(f"{name} ALL=(ALL) NOPASSWD: ALL\n")
        self.rights.chmod(0o440)
        self.uid = pwd.getpwnam(name).pw_uid
        self.env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.home), "USER": name, "LC_ALL": "C.UTF-8"}

    @staticmethod
    def run(command):
        subprocess.run(command, check=True, capture_output=True)

    def own(self):
        self.run(["chown", "-R", f"{self.name}:", self.home])

    def quickstart(self, *args):
        return subprocess.run(["/usr/sbin/runuser", "-u", self.name, "--", "bash", "deploy/quickstart", *args], cwd=self.home / "orgcode",
                              env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)

    def processes(self):
        """Those that run; one that has ended stays in /proc until whoever took it over asks for its exit code."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if folder.stat().st_uid == self.uid and (folder / "stat").read_text().rpartition(") ")[2][0] not in "ZX":
                    found.append(folder.name)
            except OSError:  # gone meanwhile
                pass
        return found

    def close(self):
        for pid in self.processes():
            os.kill(int(pid), 9)
        self.rights.unlink(missing_ok=True)
        subprocess.run(["/usr/sbin/userdel", self.name], capture_output=True)
        shutil.rmtree(self.home, ignore_errors=True)


@pytest.fixture
def account():
    if os.getuid() != 0:
        pytest.skip("only root can make an account; the other tests here ran as an ordinary one")
    if not shutil.which("sudo"):
        pytest.skip("sudo is not installed")
    found = Account()
    try:
        yield found
    finally:
        found.close()


def test_an_ordinary_account_with_sudo(account):
    """From nothing: sudo for the package that is missing, and for nothing else."""
    copy_to(account.home / "orgcode")
    had = installed(MISSING)
    with open(account.home / "orgcode/deploy/packages.txt", "a") as file:
        file.write(f"{MISSING} run\n")
    for complete in Path(os.environ.get("ORGCODE_CACHE") or Path.home() / ".cache/orgcode").glob("kafka-*/complete"):
        shutil.copytree(complete.parent, account.home / ".cache/orgcode" / complete.parent.name)
    account.own()
    try:
        done = account.quickstart()
        if "package servers cannot be reached" in done.stderr:
            pytest.skip("Debian's package servers cannot be reached")
        assert done.returncode == 0, done.stdout + done.stderr
        assert (f"==> installing packages: {MISSING}" in done.stderr) == (not had) and installed(MISSING)
        assert receipts(done.stdout) == EXPECTED["receipts"]
        status = account.quickstart("status").stdout
        assert status.count(", ready") == 4 and len(account.processes()) > 6
        strange = [p for p in account.home.rglob("*") if p.lstat().st_uid != account.uid]
        assert not strange and not Path("/etc/postgresql-common/createcluster.d/orgcode-install.conf").exists()
        assert account.quickstart("clean").returncode == 0
        assert not (account.home / "orgcode/.run").exists() and not account.processes()
    finally:
        if not had:
            subprocess.run(["apt-get", "purge", "-y", "-qq", MISSING], stdin=subprocess.DEVNULL, capture_output=True)


TOOLS = "bash cat dirname env grep mkdir mktemp rm sed tail tee tr".split()


class Machine:
    """A PATH of its own with stand-ins for what would change this machine; `calls` is what they were asked."""

    def __init__(self, folder):
        self.folder, self.log = folder / "bin", folder / "calls"
        self.folder.mkdir()
        self.log.write_text("")
        for tool in TOOLS:
            (self.folder / tool).symlink_to(shutil.which(tool))
        self.command("id", "echo 1000")
        self.command("dpkg-query", 'case "$*" in "-W postgresql-15") ;; *" cmake") echo no ;; *) echo installed ;; esac')
        self.command("apt-get", "exit 0")

    def command(self, name, script):
        path = self.folder / name
        path.write_text(f'#!/usr/bin/bash\necho "{name} $*" >>"{self.log}"\n{script}\n')
        path.chmod(0o755)

    def install(self):
        script = f'set -euo pipefail; HOME=/; . "{ROOT}/deploy/lib/base.sh"; . "{ROOT}/deploy/lib/packages.sh"; packages_install run'
        return subprocess.run([shutil.which("bash"), "-c", script], env={"PATH": str(self.folder)}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)

    def calls(self, name):
        return [line for line in self.log.read_text().splitlines() if line.startswith(f"{name} ")]


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def refused(machine):
    done = machine.install()
    assert done.returncode == 1, done.stderr
    return done.stderr


def test_packages_come_by_sudo(machine):
    machine.command("sudo", 'case "$1" in -n) ;; *) "$@" ;; esac')
    done = machine.install()
    assert done.returncode == 0 and "==> installing packages: cmake" in done.stderr, done.stderr
    asked = machine.calls("apt-get")
    assert asked[0] == "apt-get update -qq" and asked[1].startswith("apt-get install -y") and asked[1].endswith(" cmake")
    assert len(machine.calls("sudo")) == 1 + len(asked) + 1  # may I?; each; the setting is removed


def test_nothing_missing_asks_for_no_rights(machine):
    machine.command("dpkg-query", "echo installed")
    assert machine.install().returncode == 0
    assert not machine.calls("apt-get")


def test_neither_root_nor_sudo(machine):
    said = refused(machine)
    assert "neither are you root nor is there sudo" in said and f"{HINT}cmake" in said and not machine.calls("apt-get")


def test_sudo_that_says_no(machine):
    machine.command("sudo", "exit 1")
    said = refused(machine)
    assert "sudo does not let you install packages" in said and f"{HINT}cmake" in said and not machine.calls("apt-get")


def test_another_system(machine):
    (machine.folder / "apt-get").unlink()
    assert "this is not a Debian system" in refused(machine)


@pytest.mark.parametrize("words, answer", [
    ("Err:1 http://debian Temporary failure resolving 'debian'", "Debian's package servers cannot be reached"),
    ("E: Failed to fetch http://debian/x.deb  Could not connect", "Debian's package servers cannot be reached"),
    ("E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7", "another program is installing packages right now"),
    ("E: Unable to locate package cmake", "a package is unknown here"),
    ("dpkg: error: failed to write: No space left on device", "the disk is full"),
    ("E: Sub-process /usr/bin/dpkg returned an error code (1)", "apt-get could not install them"),
], ids=["no name server", "no connection", "lock", "unknown", "disk", "another"])
def test_what_apt_says_is_told_with_what_to_do(machine, words, answer):
    machine.command("id", "echo 0")
    machine.command("apt-get", f'[ "$1" = update ] || {{ echo "{words}" >&2; exit 100; }}')
    said = refused(machine)
    assert f"error: {answer}" in said and f"       | {words}" in said
    assert not machine.calls("sudo")
