"""Small disks under a Kafka and a PostgreSQL of their own, which a test fills and frees. Needs root (mount)."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from harness import Services


class Disk:
    """A tmpfs of a fixed size."""

    def __init__(self, folder, megabytes):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "orgcode-test", self.folder], check=True)

    def fill(self):
        """Somebody else's file takes what is left, to the last byte."""
        ballast = os.open(self.folder / "ballast", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            for size in (1 << 20, 4096, 1):
                try:
                    while os.write(ballast, b"\1" * size) == size:
                        pass
                except OSError:
                    continue
        finally:
            os.close(ballast)

    def free(self):
        (self.folder / "ballast").unlink(missing_ok=True)

    def unmount(self):
        subprocess.run(["umount", "-l", self.folder], check=False)


class TightServices:
    """Services of a home of their own; `kafka` and `postgres` are their disks."""

    def __init__(self, home, megabytes=300):
        self.home = Path(home)
        self.home.mkdir(parents=True, exist_ok=True)
        # where deploy/lib/postgres.sh puts the cluster of a home, when root starts it
        cluster = Path("/var/lib/orgcode") / hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        self.disks = {"kafka": Disk(self.home / "kafka", megabytes), "postgres": Disk(cluster, megabytes)}
        self.services = Services(self.home)
        self.services.start()

    def close(self):
        for disk in self.disks.values():
            disk.free()
        self.services.stop()
        for disk in self.disks.values():
            disk.unmount()
        self.services.clean()
        shutil.rmtree(self.home, ignore_errors=True)


def possible(folder):
    """May this process mount?"""
    probe = Path(folder) / "probe"
    probe.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "orgcode-test", probe], capture_output=True)
    if done.returncode == 0:
        subprocess.run(["umount", probe], check=True)
    return done.returncode == 0
