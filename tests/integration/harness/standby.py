"""A read replica: a standby that streams from the PostgreSQL of the tests."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import psycopg2

from .stress import free_port

BIN = Path("/usr/lib/postgresql/15/bin")


class Standby:
    def __init__(self, registry, folder):
        folder = (Path("/var/lib/orgcode") if os.getuid() == 0 else folder) / f"standby-{os.getpid()}"
        self.folder, self.port = folder, free_port()
        services = registry.services
        parts = dict(word.split("=", 1) for word in shlex.split(services.superuser))
        passwords = Path(parts["passfile"]).read_text().splitlines()
        secret = next(line.rsplit(":", 1)[1] for line in passwords if line.split(":")[3] == "postgres")
        way = "sslmode=require" if services.secure else ""
        self.admin = f"host=127.0.0.1 port={self.port} dbname=postgres user=postgres password={secret} {way}"
        source = f"host=127.0.0.1 port={parts['port']} user=postgres password={secret} {way}"
        conninfo = services.account_env("serve", registry.conninfo)["ORGCODE_PG"]
        self.conninfo = conninfo.replace(f"port={parts['port']} ", f"port={self.port} ", 1)
        if services.secure:
            self.let_in(services)
        folder.mkdir(parents=True)
        if os.getuid() == 0:  # the cluster's owner cannot enter the test's own folder
            shutil.chown(folder, "postgres", "postgres")
        self.as_owner(BIN / "pg_basebackup", "-D", folder / "data", "-X", "stream", "-c", "fast", "-d", source)
        settings = [f"port = {self.port}", "listen_addresses = '127.0.0.1'", "unix_socket_directories = ''", "max_connections = 200",
                    f"primary_conninfo = '{source}'", "hot_standby = on", "wal_retrieve_retry_interval = 200ms",
                    *self.tls_settings(services), ""]
        self.as_owner("sh", "-c", f"umask 077; cat >{folder}/orgcode.conf; touch {folder}/data/standby.signal", stdin="\n".join(settings))
        self.as_owner(BIN / "pg_ctl", "start", "-w", "-t", "60", "-D", folder / "data", "-l", folder / "log")

    @staticmethod
    def let_in(services):
        """A copy of the data comes by TLS as everybody; no service's account may take it."""
        rule = "hostssl replication postgres 127.0.0.1/32 scram-sha-256\n"
        file = services.home / "postgres/data/pg_hba.conf"
        if rule not in file.read_text():
            with open(file, "a") as out:
                out.write(rule)
        with psycopg2.connect(services.superuser) as connection:
            connection.cursor().execute("select pg_reload_conf()")

    def as_owner(self, *words, stdin="", check=True):
        become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] if os.getuid() == 0 else []
        done = subprocess.run([*become, *map(str, words)], input=stdin, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True, timeout=180,
                              env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"})
        assert not check or done.returncode == 0, words

    @staticmethod
    def tls_settings(services):
        """Those of the primary: the copy is on the same machine."""
        lines = (services.home / "postgres/orgcode.conf").read_text().splitlines() if services.secure else []
        return [line for line in lines if line.startswith("ssl")]

    def sql(self, statement):
        connection = psycopg2.connect(self.admin)
        connection.autocommit = True
        try:
            connection.cursor().execute(statement)
        finally:
            connection.close()

    def close(self):
        self.as_owner(BIN / "pg_ctl", "stop", "-m", "immediate", "-D", self.folder / "data", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
