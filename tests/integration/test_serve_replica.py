"""orgcode-serve on a read replica: a standby that streams from the PostgreSQL of the tests."""

import os
import shlex
import shutil
import subprocess
import threading
from pathlib import Path

import psycopg2
import pytest
from harness.serve import Serve
from harness.stress import free_port, make_small, rename
from harness.wait import SLOW, wait_until

BIN = Path("/usr/lib/postgresql/15/bin")


class Standby:
    def __init__(self, registry, folder):
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


@pytest.fixture
def pair(registry, tmp_path):
    """The registry, a copy of serve on the primary, one on the replica, the replica."""
    small = make_small(registry)
    base = Path("/var/lib/orgcode") if os.getuid() == 0 else tmp_path
    standby = Standby(small, base / f"standby-{os.getpid()}")
    try:
        yield small, Serve(small, label="serve-primary"), Serve(small, "--pg", standby.conninfo, label="serve-replica"), standby
    finally:
        for label in ("serve-primary", "serve-replica"):
            small[label].kill()
        standby.close()


def test_a_replica_serves_the_same_and_waits_for_what_it_does_not_have_yet(pair):
    small, primary, replica, standby = pair
    assert replica.get("/readyz").json()["replica"] is True and "replica" not in primary.get("/readyz").json()
    stream = replica.stream(after=f"01-{0:020}")
    small.publish([rename(small, n) for n in range(5)], "--wait", check=True)
    whole = primary.all_changes()
    assert [e["data"] for e in stream.until(lambda e: e.get("id") == whole[-1]["id"]) if e.get("event") == "change"] == whole
    assert replica.all_changes() == whole and replica.organization("H26") == primary.organization("H26")
    # it stands still; the primary goes on: a token that it does not know yet waits, where the primary would refuse
    standby.sql("select pg_wal_replay_pause()")
    small.publish([rename(small, 9)], "--wait", check=True)
    ahead = primary.changes(whole[-1]["id"])[1]
    assert ahead > whole[-1]["id"]
    assert replica.changes(ahead) == ([], ahead)
    lag = replica.get("/readyz").json()
    wait_until(lambda: replica.get("/readyz").json()["lagMs"] > 1000, 30, f"lag is told: {lag}")
    early = replica.stream(after=ahead)
    assert early.next()["data"] == {"id": ahead, "head": ahead}
    answered = []
    waiting = threading.Thread(target=lambda: answered.append(replica.changes(ahead, wait=60)), daemon=True)
    waiting.start()
    small.publish([rename(small, 10)], "--wait", check=True)
    standby.sql("select pg_wal_replay_resume()")
    waiting.join(60 * SLOW)
    assert answered and [e["data"]["after"] for e in answered[0][0]] == [primary.changes(ahead)[0][0]["data"]["after"]]
    following = primary.changes(ahead)[0]
    assert [e["data"] for e in early.until(lambda e: e.get("event") == "change") if "data" in e and "specversion" in e["data"]] == following[:1]
    early.close()
    assert replica.get("/v1/changes", after="01-" + "9" * 20).status == 400 and replica.changes(f"01-{10**18:020}") == ([], f"01-{10**18:020}")
    wait_until(lambda: replica.get("/readyz").json()["lagMs"] < 1000, 30, "lag is gone")
    # promoted, it goes on as a primary of its own
    standby.sql("select pg_promote()")
    wait_until(lambda: "replica" not in replica.get("/readyz").json(), 30, "promoted")
