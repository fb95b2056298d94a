"""A program of the project as a process: started, killed, stopped, its log in a file."""

import json
import os
import pty
import re
import signal
import subprocess
import urllib.request
from pathlib import Path

from .wait import SLOW, wait_until

BUILD = Path(os.environ.get("ORGCODE_BUILD") or Path(__file__).resolve().parents[3] / "build/release")
SANITIZER = re.compile(r"ERROR: (Address|Leak|Thread)Sanitizer|runtime error:|WARNING: ThreadSanitizer")


def program_path(name, folder=None):
    """Path of orgcode-NAME in the build tree, or in another folder."""
    path = Path(folder or BUILD / "bin") / f"orgcode-{name}"
    assert path.exists(), f"{path} is not built: set ORGCODE_BUILD, or cmake --preset release && cmake --build --preset release"
    return str(path)


def on_a_terminal(registry, name, *args, env=None):
    """Runs orgcode-NAME with a pseudo-terminal as stdout and stderr; returns what it wrote and the exit code."""
    master, slave = pty.openpty()
    process = subprocess.Popen([program_path(name), *map(str, args)], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
                               env={**registry.env_of(name, args), **(env or {})}, cwd=registry.folder)
    os.close(slave)
    out = b""
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        out += chunk
        if not chunk:
            break
    os.close(master)
    return out.decode(), process.wait(20)


class Program:
    """`name` as in orgcode-NAME; several copies of one program have different labels. inside: words before the command;
    bin: folder of the program, when it is not that of the build tree; listener: a socket that outlives it, as systemd's."""

    def __init__(self, name, args, env, folder, label=None, inside=(), bin=None, listener=None):
        self.name, self.label, self.inside, self.bin, self.listener = name, label or name, list(inside), bin, listener
        if listener:
            self.inside += ["bash", "-c", f'exec 3<&{listener.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"']
        self.args, self.env = [str(a) for a in args], env
        self.log_path = Path(folder) / f"{self.label}.log"
        self.process = None
        self.start()

    def start(self):
        """Starts it (again); the log goes on in the same file."""
        assert self.process is None or self.process.poll() is not None, f"{self.label} still runs"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([*self.inside, program_path(self.name, self.bin), *self.args], env=self.env, cwd=self.log_path.parent,
                                            pass_fds=[self.listener.fileno()] if self.listener else [],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        return self

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """SIGKILL, and waits until it is gone."""
        if self.running:
            self.process.kill()
        self.process.wait(10)

    def stop(self, timeout=15):
        """SIGTERM; returns the exit code. Killed, and AssertionError, when it does not end in time."""
        if self.running:
            self.process.terminate()
        return self.wait(timeout)

    def wait(self, timeout=15):
        try:
            return self.process.wait(timeout * SLOW)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.label} did not end within {timeout * SLOW:.0f} s\n{self.tail()}") from None

    def pause(self):
        """SIGSTOP, and waits until the kernel says that it is stopped."""
        self.signal(signal.SIGSTOP)
        wait_until(lambda: self._state() in "Tt", 5, f"{self.label} stopped")

    def resume(self):
        self.signal(signal.SIGCONT)

    def _state(self):
        return Path(f"/proc/{self.pid}/stat").read_text().rsplit(") ", 1)[1][0]

    def resident_kib(self, line="VmRSS"):
        return next(int(words[1]) for words in map(str.split, Path(f"/proc/{self.pid}/status").read_text().splitlines()) if words[0] == f"{line}:")

    def peak_kib(self):
        """The most that was ever resident."""
        return self.resident_kib("VmHWM")

    def metrics(self):
        """What it serves at /metrics, by name and labels; it was started with --metrics-listen 127.0.0.1:0."""
        port = wait_until(lambda: [line["port"] for line in self.log_lines() if line["message"] == "metrics served"][-1], 20, "a port")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            lines = [line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in lines}

    def log_text(self):
        return self.log_path.read_text(errors="replace")

    def log_lines(self):
        """The JSON lines of the log as dicts; others are left out."""
        lines = []
        for line in self.log_text().splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                continue
        return lines

    def tail(self, count=20):
        return "\n".join(self.log_text().splitlines()[-count:])

    def sanitizer_report(self):
        """The lines of a sanitizer's report in the log, or None."""
        text = self.log_text()
        found = SANITIZER.search(text)
        return text[max(0, found.start() - 200):found.start() + 4000] if found else None
