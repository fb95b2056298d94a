"""Small disks under a Kafka and a PostgreSQL of their own, which a test fills and frees. Needs root (mount)."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from harness import Services


class Disk:
    """An ext4 of a fixed size in a file, as a real disk is: what is reserved is there, what was not cannot be had."""

    def __init__(self, folder, megabytes):
        self.folder = Path(folder)
        self.image = self.folder.with_name(self.folder.name + ".image")
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.image, "wb") as image:
            image.truncate(megabytes << 20)
        subprocess.run(["/usr/sbin/mkfs.ext4", "-q", "-m", "0", "-F", self.image], check=True)
        subprocess.run(["mount", "-o", "loop", self.image, self.folder], check=True)
        (self.folder / "lost+found").rmdir()

    def fill(self):
        """Somebody else's file takes what is left, to the last block."""
        ballast = os.open(self.folder / "ballast", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        os.posix_fallocate(ballast, os.fstat(ballast).st_size, size)
                except OSError:
                    continue
        finally:
            os.close(ballast)

    def free(self):
        (self.folder / "ballast").unlink(missing_ok=True)

    def unmount(self):
        subprocess.run(["umount", "-l", self.folder], check=False)
        self.image.unlink(missing_ok=True)


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
    try:
        Disk(Path(folder) / "probe", 2).unmount()
    except (OSError, subprocess.CalledProcessError):
        return False
    return True
