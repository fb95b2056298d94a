"""The quick start in homes of other kinds: on services that are there already, and on a disk that fills up."""

import json
import os
import re
import subprocess
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = json.loads((ROOT / "schemas/samples/expected.json").read_text())


def receipts(printed):
    counts = {}
    for number, verdict in re.findall(r"^ +(\d+)  (accepted|announced|conflict|duplicate|held|rejected)\b", printed, re.M):
        counts[verdict] = counts.get(verdict, 0) + int(number)
    return counts


def test_services_that_are_there_already(checkout, tmp_path):
    """Those of the checkout's own quick start, under another prefix and in another database."""
    bootstrap, pg = checkout.shell('printf "%s\\n%s" "$ORGCODE_BOOTSTRAP" "$ORGCODE_PG"; psql -qX -c "create database elsewhere" "$ORGCODE_PG"').splitlines()
    home = {"ORGCODE_HOME": str(tmp_path / "home"), "ORGCODE_BUILD": str(checkout.folder / ".run/build"), "ORGCODE_PREFIX": "elsewhere"}
    given = {"ORGCODE_BOOTSTRAP": bootstrap, "ORGCODE_PG": pg.replace("dbname=orgcode", "dbname=elsewhere")}
    try:
        first = checkout.quickstart(env={**home, **given})
        assert receipts(first.stdout) == EXPECTED["receipts"]
        assert not (tmp_path / "home/kafka").exists() and not (tmp_path / "home/postgres").exists()
        # later commands know them by themselves
        status = checkout.quickstart("status", env=home)
        assert status.stdout.count("not ours (given by the environment)") == 2 and status.stdout.count(", ready") == 4
        place = [line for line in status.stdout.splitlines() if line.startswith("    ")]
        checkout.quickstart("stop", env=home)
        assert place == [line for line in checkout.quickstart("start", env=home).stdout.splitlines() if line.startswith("    ")]
        environment = checkout.quickstart("env", env=home).stdout
        assert f"ORGCODE_BOOTSTRAP={bootstrap}" in environment and "elsewhere" in environment
    finally:
        done = checkout.quickstart("clean", env={**home, "ORGCODE_BUILD": str(tmp_path / "home/build")}, check=False)
    assert "left as they are" in done.stderr and not (tmp_path / "home").exists()
    topics = checkout.shell('kcat -L -b "$ORGCODE_BOOTSTRAP" </dev/null')
    assert '"elsewhere.journal"' in topics and checkout.quickstart("status").returncode == 0
    checkout.shell('psql -qX -c "drop database elsewhere with (force)" "$ORGCODE_PG"')


class Disk:
    """A small file system in a file, which takes no room of the machine's while it is empty or only reserved."""

    def __init__(self, folder, megabytes):
        self.image, self.folder = folder / "image", folder / "disk"
        self.filler = self.folder / "filler"
        self.folder.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(megabytes << 20)
        self.run("/usr/sbin/mkfs.ext4", "-q", "-m", "0", "-F", self.image)
        self.run("mount", "-o", "loop", self.image, self.folder)

    @staticmethod
    def run(*command):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")

    def fill(self):
        with open(self.filler, "wb") as file:
            for size in (1 << 20, 4096):
                left = os.statvfs(self.folder)
                try:
                    os.posix_fallocate(file.fileno(), 0, file.tell() + left.f_bavail * left.f_frsize - size)
                    file.seek(0, os.SEEK_END)
                except OSError:
                    break

    def fill_when(self, path, until):
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.02)
        self.fill()

    def close(self):
        subprocess.run(["umount", "-l", self.folder], check=False)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small disk")
def test_a_disk_that_fills_up_half_way(checkout, tmp_path):
    disk = Disk(tmp_path, 1500)
    home = {"ORGCODE_HOME": str(disk.folder / "home"), "ORGCODE_BUILD": str(checkout.folder / ".run/build")}
    try:
        filling = threading.Thread(target=disk.fill_when, args=(disk.folder / "home/published", time.monotonic() + 300))
        filling.start()
        broken = checkout.quickstart(env=home, check=False)
        filling.join()
        assert broken.returncode == 1 and "==> publishing" in broken.stderr
        assert f"the disk of {disk.folder}/home is full" in broken.stderr and "run deploy/quickstart again" in broken.stderr
        for command in ((), ("start",)):
            refused = checkout.quickstart(*command, env=home, check=False)
            assert refused.returncode == 1 and "MB free" in refused.stderr
        disk.filler.unlink()
        again = checkout.quickstart(env=home)
        assert receipts(again.stdout) == EXPECTED["receipts"]
    finally:
        checkout.quickstart("clean", env={**home, "ORGCODE_BUILD": str(disk.folder / "home/build")}, check=False)
        disk.close()
