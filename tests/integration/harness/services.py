"""One real Kafka and one real PostgreSQL for a whole test run, through deploy/services."""

import os
import re
import shlex
import subprocess
from pathlib import Path

from .kafka import Kafka

ROOT = Path(__file__).resolve().parents[3]
SECURE = os.environ.get("ORGCODE_TEST_SECURE", "") not in ("", "0")  # mutual TLS, rights, roles: deploy/services --secure


class Services:
    def __init__(self, home, secure=SECURE):
        self.home, self.secure = Path(home), secure
        self.env = dict(os.environ, ORGCODE_HOME=str(self.home))
        self.env.pop("ORGCODE_BOOTSTRAP", None)
        self.env.pop("ORGCODE_PG", None)
        self.env.pop("ORGCODE_CONFIG", None)
        self.bootstrap = self.conninfo = None

    def _run(self, *args, check=True):
        done = subprocess.run(["bash", str(ROOT / "deploy/services"), *(["--secure"] if self.secure else []), *args], env=self.env, stdin=subprocess.DEVNULL,
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

    @property
    def superuser(self):
        """PostgreSQL's own administrator, who in secure mode too comes with a password."""
        port, name = (re.search(rf"{word}=(\S+)", self.conninfo).group(1) for word in ("port", "dbname"))
        secure = f" sslmode=verify-full sslrootcert='{self.home}/tls/ca.pem'" if self.secure else ""
        return f"host=127.0.0.1 port={port} dbname={name} user=postgres passfile='{self.home}/pgpass'{secure}"

    # ---- accounts, in secure mode -----------------------------------------------------------------------------------

    def kafka(self, account="admin"):
        properties = self.properties(account)
        return Kafka(properties.pop("bootstrap.servers", self.bootstrap), properties)

    def properties(self, account="admin"):
        """librdkafka's, of an account that has a certificate."""
        if not self.secure:
            return {}
        lines = (self.home / "accounts" / f"{account}.librdkafka").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def certify(self, *accounts):
        """Certificates and files for accounts that have none yet."""
        script = f". deploy/lib/base.sh; for p in kafka postgres secure; do . deploy/lib/$p.sh; done; secure_tls account {' '.join(accounts)}; secure_configs"
        subprocess.run(["bash", "-euc", script], cwd=ROOT, env=self.env, check=True, timeout=120, capture_output=True)

    def account_env(self, account, conninfo):
        """What a program needs in its environment to come as this account; conninfo: the owner's."""
        if not self.secure:
            return {"ORGCODE_BOOTSTRAP": self.bootstrap, "ORGCODE_PG": conninfo}
        role = {"apply": "orgcode-apply", "notify": "orgcode-notify", "serve": "orgcode-serve", "redrive": "orgcode-redrive", "operator": "orgcode-replay"}.get(account)
        if role:
            conninfo = conninfo.replace("user=orgcode ", f"user={role} ").replace("/tls/admin.", f"/tls/{account}.")
        return {"ORGCODE_CONFIG": str(self.home / "accounts" / f"{account}.conf"), "ORGCODE_PG": conninfo}
