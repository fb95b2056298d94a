"""A PostgreSQL whose disk is slow: slow.c delays what it syncs."""

import hashlib
import os
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

BIN = Path("/usr/lib/postgresql/15/bin")


class SlowPostgres:
    """The cluster of `services`, started again under slow.c; set() is for those that run, at once. close() gives it back."""

    def __init__(self, services):
        self.services, root = services, os.geteuid() == 0
        self.folder = Path(tempfile.mkdtemp(prefix="orgcode-slow-"))
        self.folder.chmod(0o755)  # PostgreSQL is another user
        self.delay = self.folder / "delay"
        self.set(0)
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", self.folder / "slow.so", Path(__file__).with_name("slow.c")], check=True)
        # where deploy/lib/postgres.sh puts the cluster of a home
        self.cluster = (Path("/var/lib/orgcode") / hashlib.sha256(str(services.home).encode()).hexdigest()[:12] if root
                        else services.home / "postgres")
        self.who = {"user": "postgres", "group": "postgres", "extra_groups": []} if root else {}
        services.stop("postgres")
        self.ctl("start", "-l", self.cluster / "postgres.log", LD_PRELOAD=str(self.folder / "slow.so"), ORGCODE_SLOW=str(self.delay))

    def ctl(self, verb, *args, **env):
        home = "/var/lib/postgresql" if self.who else os.environ["HOME"]
        subprocess.run([BIN / "pg_ctl", verb, "-w", "-t", "60", "-D", self.cluster / "data", *args], cwd="/", check=True, **self.who,
                       env={"PATH": f"{BIN}:/usr/bin:/bin", "HOME": home, "LANG": "C.UTF-8", "TZ": "UTC", **env},
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=120)

    def set(self, seconds):
        with open(self.delay, "wb" if not self.delay.exists() else "r+b") as file:
            os.pwrite(file.fileno(), struct.pack("=q", round(seconds * 1e6)), 0)

    def close(self):
        self.set(0)
        self.ctl("stop", "-m", "fast")
        self.services.start("postgres")
        shutil.rmtree(self.folder)
