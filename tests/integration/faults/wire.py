"""A network between the programs of a test and the services: a namespace of its own behind a cable that can be cut and made slow.

The services stay where they are, on 127.0.0.1 of this namespace. In the programs' namespace 127.0.0.0/8 leads through the cable, so
nothing but the loopback address is ever spoken to. Needs root, `ip` and `tc` (Debian's iproute2).
"""

import itertools
import os
import subprocess
from pathlib import Path

from harness.program import Program

_numbers = itertools.count(1)


def possible():
    """May this process make namespaces? (Root in a container without the right to may not.)"""
    name = f"orgcode-probe-{os.getpid()}"
    done = subprocess.run(["ip", "netns", "add", name], capture_output=True)
    subprocess.run(["ip", "netns", "del", name], capture_output=True)
    return done.returncode == 0


class Wire:
    """`inside` stands before a command that is to run behind the cable; it is seen as coming from `address`."""

    def __init__(self):
        number = next(_numbers)
        self.name = f"orgcode-{os.getpid()}-{number}"
        self.ours, self.theirs = f"oc{os.getpid() % 100000}a{number}", f"oc{os.getpid() % 100000}b{number}"
        self.inside = ["ip", "netns", "exec", self.name]
        block = (os.getpid() * 8 + number) % 16000  # of link-local addresses, four each
        here, there = (f"169.254.{block // 64 + 1}.{block % 64 * 4 + n}" for n in (1, 2))
        self.address = there
        self._run("ip", "netns", "add", self.name)
        self._run("ip", "link", "add", self.ours, "type", "veth", "peer", "name", self.theirs, "netns", self.name)
        self._run("ip", "addr", "add", f"{here}/30", "dev", self.ours)
        self._run("ip", "link", "set", self.ours, "up")
        # a packet to or from the loopback address may come by this cable
        Path(f"/proc/sys/net/ipv4/conf/{self.ours}/route_localnet").write_text("1")
        self._run("ip", "-n", self.name, "addr", "add", f"{there}/30", "dev", self.theirs)
        self._run("ip", "-n", self.name, "link", "set", self.theirs, "up")
        self._run(*self.inside, "sh", "-c", f"echo 1 >/proc/sys/net/ipv4/conf/{self.theirs}/route_localnet")
        self._run("ip", "-n", self.name, "route", "add", "127.0.0.0/8", "via", here, "src", there)

    @staticmethod
    def _run(*command, check=True):
        done = subprocess.run(command, capture_output=True, text=True)
        assert not check or done.returncode == 0, f"{' '.join(command)}: {done.stderr}{done.stdout}"
        return done

    def _qdisc(self, *words):
        ends = [self._run("tc", "qdisc", "replace", "dev", self.ours, "root", *words, check=False),
                self._run("tc", "-n", self.name, "qdisc", "replace", "dev", self.theirs, "root", *words, check=False)]
        return all(end.returncode == 0 for end in ends)

    def cut(self):
        """Packets get lost without a word, both ways, as when a cable is pulled far away: none is small enough to pass."""
        assert self._qdisc("tbf", "rate", "8kbit", "burst", "10", "limit", "10")

    def slow(self, rate="300kbit", queue="48kb"):
        """Both ways: 150 ms and 3 % loss, where this kernel has netem; else a narrow link, whose queue delays and overflows.

        Returns what it was.
        """
        for words in (["netem", "delay", "150ms", "50ms", "loss", "3%"], ["tbf", "rate", rate, "burst", "4kb", "limit", queue]):
            if self._qdisc(*words):
                return " ".join(words)
        raise AssertionError("tc knows neither netem nor tbf here")

    def join(self):
        """Whole and fast again."""
        self._run("tc", "qdisc", "del", "dev", self.ours, "root")
        self._run("tc", "-n", self.name, "qdisc", "del", "dev", self.theirs, "root")

    def dropped(self):
        """Packets that were thrown away since the last change, both ways."""
        lines = self._run("tc", "-s", "qdisc", "show", "dev", self.ours).stdout.splitlines()
        lines += self._run("tc", "-n", self.name, "-s", "qdisc", "show", "dev", self.theirs).stdout.splitlines()
        return sum(int(line.split("dropped ")[1].split(",")[0]) for line in lines if "dropped " in line)

    def start(self, registry, name, *args, label=None):
        """A program of the registry behind the cable."""
        label = label or name
        registry.programs[label] = Program(name, args, registry.env_of(name, args), registry.folder, label, self.inside)
        return registry.programs[label]

    def remove(self):
        self._run("ip", "link", "del", self.ours, check=False)
        self._run("ip", "netns", "del", self.name, check=False)
