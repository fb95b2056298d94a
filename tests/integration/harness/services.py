"""One real Kafka and one real PostgreSQL for a whole test run, through deploy/services."""

import os
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


class Services:
    def __init__(self, home):
        self.home = Path(home)
        self.env = dict(os.environ, ORGCODE_HOME=str(self.home))
        self.env.pop("ORGCODE_BOOTSTRAP", None)
        self.env.pop("ORGCODE_PG", None)
        self.bootstrap = self.conninfo = None

    def _run(self, *args, check=True):
        done = subprocess.run(["bash", str(ROOT / "deploy/services"), *args], env=self.env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=300)
        if check and done.returncode:
            raise AssertionError(f"deploy/services {' '.join(args)}: {done.stderr}{done.stdout}")
        return done

    def start(self, which="both"):
        """Starts what does not run. A service that was killed keeps its port and its data."""
        self._run("start", which)
        for line in self._run("env").stdout.splitlines():
            name, value = shlex.split(line)[1].split("=", 1)
            if name == "ORGCODE_BOOTSTRAP":
                self.bootstrap = value
            if name == "ORGCODE_PG":
                self.conninfo = value

    def kill(self, which):
        """SIGKILL to `kafka` or `postgres`, as a crash."""
        self._run("kill", which)

    def stop(self, which="both"):
        self._run("stop", which)

    def runs(self, which="both"):
        return self._run("status", which, check=False).returncode == 0

    def pid(self, which):
        return int((self.home / "pid" / which).read_text().split()[0])

    def clean(self):
        self._run("clean", check=False)

    def conninfo_of(self, database):
        return self.conninfo.replace("dbname=orgcode ", f"dbname={database} ", 1)
