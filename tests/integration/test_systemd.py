"""The units: systemd takes them, they are locked up, and the programs tell it what they should."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading

import pytest
from harness import units as installation
from harness import wait_until
from harness.program import BUILD
from harness.services import ROOT

sys.path.append(str(ROOT / "tests/tidy"))

import docs  # noqa: E402

UNITS = [path for path in installation.installed() if path.suffix == ".service"]
EXPOSURE = 15  # tenths, as `systemd-analyze security` counts: 0 is locked up, 100 is free


@pytest.fixture(scope="module")
def units(tmp_path_factory):
    """As they are installed, but for the folder of the programs."""
    folder = tmp_path_factory.mktemp("units")
    for unit in UNITS:
        (folder / unit.name).write_text(re.sub(r"^ExecStart=\S*/", f"ExecStart={BUILD}/bin/", unit.read_text(), flags=re.M))
    for path in installation.installed():
        if path not in UNITS:
            shutil.copy(path, folder)
    return folder


def analyze(folder, *words):
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, timeout=60, cwd=folder,
                          env={**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:", "SYSTEMD_LOG_LEVEL": "warning"})


def test_there_is_a_unit_for_every_service():
    assert {u.name for u in UNITS} >= {"orgcode-validate@.service", "orgcode-apply.service", "orgcode-notify.service", "orgcode-serve.service"}


def test_systemd_finds_nothing_wrong(units):
    done = analyze(units, "verify", "--man=no", *(re.sub("@", "@1", u.name) for u in UNITS), "orgcode-serve.socket",
                   "orgcode.target")
    about_ours = [line for line in done.stderr.splitlines() if "orgcode" in line]
    assert done.returncode == 0 and not about_ours, done.stderr


@pytest.mark.parametrize("unit", [u.name for u in UNITS])
def test_a_unit_is_locked_up(units, unit):
    done = analyze(units, "security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", re.sub("@", "@1", unit))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("unit", [u.name for u in UNITS])
def test_a_unit_restarts_what_may_go_on_and_holds_no_secret(unit):
    text = next(u for u in UNITS if u.name == unit).read_text()
    settings = re.findall(r"^(\w+)=(.*)$", text, re.M)
    for wanted in [("Type", "notify"), ("Restart", "on-failure"), ("RestartPreventExitStatus", "2 4"), ("DynamicUser", "yes"),
                   ("ProtectSystem", "strict"), ("NoNewPrivileges", "yes")]:
        assert wanted in settings, wanted
    assert sum(name == "LoadCredential" for name, _ in settings) == 4
    assert "@" not in re.sub(r"SystemCallFilter=.*|orgcode-validate@", "", text)  # a placeholder left over
    assert "password" not in text


def words_to_systemctl():
    """(where, verb, unit) of every command in the documents."""
    for path in sorted(ROOT.glob("deploy/**/*.md")):
        for block in docs.blocks(path):
            for line in re.findall(r"^.*\bsystemctl .*$", block.text, re.M):
                verb, *words = shlex.split(line.partition("systemctl ")[2], comments=True)
                yield from ((block.where, verb, word) for word in words if word.startswith("orgcode"))


def test_every_unit_that_a_document_names_is_there(tmp_path):
    """As systemctl itself finds it in an installation."""
    where = tmp_path / "usr/lib/systemd/system"
    where.mkdir(parents=True)
    for path in installation.installed():
        shutil.copy(path, where)

    def found(unit):
        done = subprocess.run(["systemctl", f"--root={tmp_path}", "is-enabled", unit], capture_output=True, text=True, timeout=60)
        return done.stdout.strip() in ("enabled", "disabled", "static")

    assert found("orgcode-validate@1") and not found("orgcode-validate") and not found("orgcode-other")
    named = list(words_to_systemctl())
    assert {re.split("[@.]", word)[0] for _, _, word in named} >= {"orgcode", "orgcode-validate", "orgcode-apply", "orgcode-notify", "orgcode-serve"}
    for place, verb, word in named:
        assert "*" not in word or verb in ("stop", "restart"), f"{place}: systemctl {verb} takes no pattern, it is for what runs"
        assert found(word.replace("@*", "@1")), f"{place}: there is no unit {word}"


class Manager:
    """The end of a notification socket that systemd would hold; a thread empties it, as its queue is short."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.env = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "500000"}
        self.heard = []
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            self.heard.append(self.socket.recv(4096).decode().strip())

    def count(self, word):
        return self.heard.count(word)


@pytest.mark.noasan
def test_the_programs_say_when_they_are_ready_and_that_they_live(registry, tmp_path):
    managers = {name: Manager(tmp_path / name) for name in ("validate", "apply", "notify")}
    for name, manager in managers.items():
        registry.start(name, env=manager.env)
    for name, manager in managers.items():
        wait_until(lambda: manager.count("READY=1") == 1 and manager.count("WATCHDOG=1") >= 3, 30, f"{name}: {manager.heard}")
    # without PostgreSQL they live on: an outage is no reason to be shot
    registry.services.kill("postgres")
    try:
        before = {name: managers[name].count("WATCHDOG=1") for name in managers}
        for name, manager in managers.items():
            wait_until(lambda: manager.count("WATCHDOG=1") >= before[name] + 6, 30, f"{name} lives")
    finally:
        registry.services.start("postgres")
    # one whose loop stands still is silent: the manager would end it
    registry["apply"].pause()
    silent = managers["apply"].count("WATCHDOG=1")
    wait_until(lambda: managers["notify"].count("WATCHDOG=1") >= before["notify"] + 12, 30, "notify lives")
    assert managers["apply"].count("WATCHDOG=1") == silent
    registry["apply"].resume()
    for name, manager in managers.items():
        assert registry[name].stop(30) == 0
        wait_until(lambda: manager.count("STOPPING=1") == 1, 10, f"{name}: {manager.heard[-3:]}")
