"""A registry of a test's own: a topic prefix and a database on the shared services, and its programs."""

import datetime
import hashlib
import itertools
import json
import os
import subprocess
import time
import uuid
from pathlib import Path

import psycopg2

from .program import Program, program_path
from .wait import SLOW, wait_until

HANOI = datetime.timezone(datetime.timedelta(hours=7))
_numbers = itertools.count(1)


def millis(when):
    """Milliseconds since 1970 of a number (as is), a datetime, or a text "2025-07-01T00:00:00" (at +07:00 unless it says)."""
    if isinstance(when, str):
        when = datetime.datetime.fromisoformat(when)
    if isinstance(when, datetime.datetime):
        if when.tzinfo is None:
            when = when.replace(tzinfo=HANOI)
        return round(when.timestamp() * 1000)
    return int(when)


def days(count):
    return count * 86400 * 1000


class Registry:
    def __init__(self, services, folder, mode="live", authorities=("ROOT", "H26", "G12"), migrate=True, genesis=True,
                 born="2020-01-01T00:00"):
        """born: the genesis record's time, in a scripted registry; genesis=False leaves the journal empty."""
        self.services, self.folder, self.mode = services, Path(folder), mode
        self.folder.mkdir(parents=True, exist_ok=True)
        number = next(_numbers)
        self.prefix = f"t{os.getpid()}x{number}"
        self.database = self.prefix
        self.kafka, self._bootstrap = services.kafka(), services.bootstrap
        self.conninfo = services.conninfo_of(self.database)
        self.programs = {}
        self.bin = None  # folder of the programs that are started from now on; None: that of the build tree
        self._labels = itertools.count(2)
        self._offsets = {}
        self._connection = None
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("ORGCODE_", "PG"))}
        self.env.update(services.account_env("gateway", self.conninfo), ORGCODE_PREFIX=self.prefix,
                        ORGCODE_LOG_FORMAT="json", XDG_STATE_HOME=str(self.folder / "state"))
        self._admin_sql(f'create database "{self.database}"')
        self.add_authorities(*authorities)
        init = genesis and mode == "live"
        if migrate or init:
            self.run("apply", *(["--migrate"] if migrate else []), *(["init"] if init else []), check=True)
        if genesis and not init:
            self.journal([self.record_genesis(born)])

    # ---- programs -------------------------------------------------------------------------------------------------

    def env_of(self, name, args=()):
        """The environment of orgcode-NAME; in secure mode each program comes by its own account."""
        account = {"publish": "gateway", "topics": "admin", "replay": "operator"}.get(name, name)
        if name == "apply" and {"--migrate", "init"} & set(args):
            account = "admin"
        if name == "replay" and args:  # what makes schemas or rights is the admin's
            account = {"redrive": "redrive", **dict.fromkeys(("authority", "rebuild", "swap"), "admin")}.get(args[0], account)
            if "--catch-up" in args:
                account = "admin"
        return {**self.env, **self.services.account_env(account, self.conninfo)}

    def run(self, name, *args, check=False, timeout=120, stdin=None, env=None):
        """Runs orgcode-NAME to its end; with check, AssertionError unless the exit code is 0."""
        done = subprocess.run([program_path(name, self.bin), *[str(a) for a in args]], env={**self.env_of(name, args), **(env or {})},
                              cwd=self.folder, input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout * SLOW)
        with open(self.folder / f"{name}.run.log", "a") as log:
            log.write(f"$ orgcode-{name} {' '.join(str(a) for a in args)}\n{done.stdout}{done.stderr}= {done.returncode}\n")
        assert not check or done.returncode == 0, f"orgcode-{name} exited with {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def start(self, name, *args, label=None, env=None):
        """Starts orgcode-NAME. Copies get the labels apply, apply-2, ...; .programs has them by label."""
        if label is None:
            label = name if name not in self.programs else f"{name}-{next(self._labels)}"
        self.programs[label] = Program(name, args, {**self.env_of(name, args), **(env or {})}, self.folder, label,
                                       bin=self.bin)
        return self.programs[label]

    def start_all(self):
        for name in ("validate", "apply", "notify"):
            self.start(name)
        return self

    def __getitem__(self, label):
        return self.programs[label]

    def add_authorities(self, *authorities):
        """Creates the registry's topics and those of the authorities."""
        self.run("topics", "--mode", self.mode, *(["--rights"] if self.services.secure else []), *authorities, check=True)

    def rights_elsewhere(self, prefix, *authorities):
        """Where brokers check rights, a second set of topics needs its own; the topics are left to the test."""
        if self.services.secure:
            self.run("topics", "--prefix", prefix, "--rights", *authorities, check=True)
            self.kafka.delete(*self.kafka.topics(prefix + "."))

    # ---- acts -----------------------------------------------------------------------------------------------------

    def act(self, kind, body, authority="H26", on="2025-07-01", decision=None, act_id=None, **more):
        """An act in its JSON form. decision: None for a made-up one, issued long ago; False for none."""
        act = {"actId": act_id or str(uuid.uuid4()), "authority": authority, "kind": kind, "effectiveOn": on, "body": body}
        if decision is None:
            decision = {"number": "1/QĐ (minh họa)", "issuedBy": "UBND (minh họa)", "issuedOn": min(on, "2020-01-01")}
        if decision:
            act["decision"] = decision
        act.update(more)
        return act

    def established(self, code, authority="H26", on="2025-07-01", name=None, **more):
        info = {"name": name or f"Đơn vị {code}", "address": "Địa chỉ minh họa"}
        return self.act("established", {"code": code, "info": info}, authority, on, **more)

    def acts_file(self, acts, name="acts"):
        """Writes acts (dicts, or lines of text) as JSON lines; returns the path."""
        path = self.folder / f"{name}-{next(_numbers)}.jsonl"
        lines = (a if isinstance(a, str) else json.dumps(a, ensure_ascii=False) for a in acts)
        path.write_text("".join(line + "\n" for line in lines))
        return path

    def publish(self, acts, *args, check=False, timeout=120):
        """orgcode-publish with these acts (dicts) or this file; returns the finished process."""
        path = acts if isinstance(acts, (str, Path)) else self.acts_file(acts)
        return self.run("publish", *args, path, check=check, timeout=timeout)

    def frames(self, acts):
        """The bytes of acts as the real publisher frames them (through topics of another prefix), in order."""
        scratch = f"{self.prefix}f{next(_numbers)}"
        authorities = list(dict.fromkeys(a["authority"] for a in acts))
        names = [f"{scratch}.acts.{a}" for a in authorities]
        for name in names:
            self.kafka.create(name, max_message_bytes=3000000)
        try:
            done = self.run("publish", "--prefix", scratch, "--no-check", self.acts_file(acts, "frames"),
                            env=self.services.account_env("admin", self.conninfo))
            found = {a: [m.value for m in self.kafka.read(n)] for a, n in zip(authorities, names)}
        finally:
            self.kafka.delete(*names)
        out = [found[a["authority"]].pop(0) if found[a["authority"]] else None for a in acts]
        assert None not in out and not any(found.values()), f"publish did not frame every act: {done.stdout}{done.stderr}"
        return out

    def send_act_bytes(self, authority, value, key=None, headers=None):
        """One record as it is into the topic of an authority's acts; returns its offset."""
        return self.kafka.send(f"{self.prefix}.acts.{authority}", value, key, headers)

    # ---- the journal, written by hand (scripted registries; a live one stamps the records itself) --------------------

    def _origin(self, authority, at, offset=None, origin_from=None):
        if offset is None:
            offset = self._offsets.get(authority, -1) + 1
        self._offsets[authority] = max(offset, self._offsets.get(authority, -1))
        return [("oc-topic", f"{self.prefix}.acts.{authority}"), ("oc-partition", "0"),
                ("oc-from", str(offset if origin_from is None else origin_from)), ("oc-offset", str(offset)),
                ("oc-time", str(at))]

    def _record(self, kind, at, value, key=None, headers=(), stamp=None):
        own = [("oc-kind", kind), ("oc-stamp", str(at if stamp is None else millis(stamp)))]
        return {"value": value, "key": key, "headers": own + list(headers), "timestamp": at}

    def journal(self, records):
        """Sends records made by record_act and the like; returns their offsets."""
        return self.kafka.send_many(f"{self.prefix}.journal", records)

    def record_acts(self, acts, at, stamp=None):
        """Journal records of acts, all at the time `at` (see millis); acts are dicts, or (authority, bytes)."""
        at = millis(at)
        dicts = [a for a in acts if isinstance(a, dict)]
        framed = iter(self.frames(dicts) if dicts else [])
        pairs = [(a["authority"], next(framed)) if isinstance(a, dict) else a for a in acts]
        return [self._record("act", at, value, authority, self._origin(authority, at), stamp) for authority, value in pairs]

    def record_refusal(self, authority, at, reason="form-unreadable", value=b"bad", stamp=None, **more):
        at = millis(at)
        data = {"reason": reason, "sha256": hashlib.sha256(value).hexdigest(), "size": len(value), **more}
        return self._record("refusal", at, json.dumps(data).encode(), authority, self._origin(authority, at), stamp)

    def record_tick(self, at, stamp=None):
        return self._record("tick", millis(at), b"", None, (), stamp)

    def record_control(self, at, stamp=None, **value):
        return self._record("control", millis(at), json.dumps(value).encode(), None, (), stamp)

    def record_genesis(self, at=0, epoch=1, registry_id=None):
        value = {"registryId": registry_id or str(uuid.uuid4()), "epoch": epoch, "mode": self.mode}
        return self._record("genesis", millis(at), json.dumps(value).encode())

    def journal_acts(self, acts, at, stamp=None):
        return self.journal(self.record_acts(acts, at, stamp))

    def journal_tick(self, at, stamp=None):
        return self.journal([self.record_tick(at, stamp)])

    # ---- what came of it ------------------------------------------------------------------------------------------------

    def read(self, name, **options):
        """Messages of the topic <prefix>.NAME, read_committed."""
        return self.kafka.read(f"{self.prefix}.{name}", **options)

    def changes(self):
        """`orgcode.changes` as dicts: the ce_ headers without that prefix, `data` parsed, `key`, `offset`."""
        out = []
        for m in self.read("changes"):
            change = {k[3:]: v.decode() for k, v in m.headers.items() if k.startswith("ce_")}
            out.append({**change, "data": json.loads(m.value), "key": m.key.decode(), "offset": m.offset})
        return out

    def receipts(self, *authorities):
        """Receipts as dicts with `authority`, in the order of their numbers; of all authorities when none is named."""
        head = f"{self.prefix}.receipts."
        names = authorities or [t[len(head):] for t in self.kafka.topics(head)]
        out = [{**json.loads(m.value), "authority": a} for a in names for m in self.read(f"receipts.{a}")]
        return sorted(out, key=lambda r: r["number"])

    def verdicts(self, *authorities):
        """{act id: latest verdict}"""
        return {r["actId"]: r["verdict"] for r in self.receipts(*authorities) if "actId" in r}

    def sql(self, query, *params):
        """Rows as tuples; a connection of the registry's, made anew when it was lost. One that a test before this one has cost us is found
        only when it is used: what only reads is asked again then."""
        used = self._connection is not None and not self._connection.closed
        if not used:
            self._connection = psycopg2.connect(self.conninfo, connect_timeout=10)
            self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            try:
                cursor.execute(query, params or None)
            except psycopg2.OperationalError:
                self._connection.close()
                if not used or not query.startswith("select"):
                    raise
            else:
                return cursor.fetchall() if cursor.description else []
        return self.sql(query, *params)

    def value(self, query, *params):
        """The first column of the only row."""
        rows = self.sql(query, *params)
        assert len(rows) == 1, f"{len(rows)} rows: {query}"
        return rows[0][0]

    def place(self):
        """The row of orgcode.place as a dict, bytes as hex."""
        names = [r[0] for r in self.sql("select column_name from information_schema.columns where table_schema = 'orgcode'"
                                        " and table_name = 'place' order by ordinal_position")]
        row = self.sql(f"select {', '.join(names)} from orgcode.place")[0]
        return {n: v.tobytes().hex() if isinstance(v, memoryview) else v for n, v in zip(names, row)}

    def digest(self):
        """What two runs over the same journal must agree on."""
        place = self.place()
        return {n: place[n] for n in ("record", "sequence", "receipt", "change_head", "receipt_head", "time_ms")}

    def journal_end(self):
        return self.kafka.ends(f"{self.prefix}.journal")[0]

    def acts_ends(self):
        head = f"{self.prefix}.acts."
        return {t[len(head):]: self.kafka.ends(t)[0] for t in self.kafka.topics(head)}

    # ---- waiting ----------------------------------------------------------------------------------------------------------

    def wait_journal(self, records, deadline=30):
        """Until the journal has at least so many records."""
        wait_until(lambda: self.journal_end() >= records, deadline, lambda: f"journal at {self.journal_end()} of {records}\n{self.tails()}")

    def wait_validated(self, deadline=30):
        """Until every record of the acts topics stands in the journal."""
        def marked():
            covered = {}
            for m in self.read("journal"):
                if m.headers.get("oc-kind") in (b"act", b"refusal"):
                    topic = m.headers["oc-topic"].decode()
                    covered[topic] = max(covered.get(topic, -1), int(m.headers["oc-offset"]))
            places = {f"{self.prefix}.acts.{a}": end for a, end in self.acts_ends().items()}
            return all((at := covered.get(t, -1) + 1) >= end or not self.kafka.read(t, start=at)  # transaction markers alone
                       for t, end in places.items())
        wait_until(marked, deadline, lambda: f"all acts in the journal\n{self.tails()}", every=0.1)

    def wait_joined(self, program, copies, deadline=30):
        """Until so many copies of a program are in its group, and the group has shared out what it reads."""
        group = f"{self.prefix}.{program}"
        wait_until(lambda: self.kafka.members(group) == copies, deadline, lambda: f"{copies} in {group}\n{self.tails()}", every=0.1)

    def wait_applied(self, end=None, deadline=30):
        """Until apply has read the journal to `end` (default: its end at each look)."""
        def done():
            return self.value("select next_offset from orgcode.place") >= (self.journal_end() if end is None else end)
        wait_until(done, deadline, lambda: f"apply at {self.place()['next_offset']} of {self.journal_end()}\n{self.tails()}")

    def told(self):
        """The last change and the last receipt that notify has told; an older one kept both in one place."""
        places = {"sequence": "notify.place", "receipt": "notify.receipts"}
        topics = self.kafka.topics(self.prefix)
        last = {what: self.read(topic)[-1:] for what, topic in places.items() if f"{self.prefix}.{topic}" in topics}
        return [json.loads(records[-1].value)[what] if (records := last.get(what) or last["sequence"]) else 0 for what in places]

    def wait_notified(self, deadline=30):
        """Until every change and receipt of the database stands in the topics."""
        def done():
            sequence, receipt = self.sql("select sequence, receipt from orgcode.place")[0]
            told_sequence, told_receipt = self.told()
            return told_sequence >= sequence and told_receipt >= receipt
        wait_until(done, deadline, lambda: f"notify is behind {self.place()}\n{self.tails()}", every=0.05)

    def wait_all(self, deadline=60):
        """Until everything published has gone through validate, apply and notify."""
        self.wait_validated(deadline)
        self.wait_applied(deadline=deadline)
        self.wait_notified(deadline)

    # ---- the end ----------------------------------------------------------------------------------------------------------

    def tails(self, count=8):
        return "\n".join(f"--- {label} {'runs' if p.running else p.process.returncode}\n{p.tail(count)}"
                         for label, p in self.programs.items())

    def close(self):
        """Ends the programs, removes database and topics; returns the sanitizers' reports found in the logs."""
        for program in self.programs.values():
            if program.running:
                program.resume()
                program.process.terminate()
        until = time.monotonic() + 10 * SLOW
        for program in self.programs.values():
            try:
                program.process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                program.kill()
        if self._connection is not None:
            self._connection.close()
        if not self.services.runs():
            self.services.start()
        if self.services.bootstrap != self._bootstrap:  # a test killed Kafka, and another process took its port
            self.kafka = self.services.kafka()
        wait_until(self._drop, 30, "dropping the test's database")
        names = list(self.kafka.topics(self.prefix))
        if names:
            self.kafka.admin.delete_topics(names, operation_timeout=10)
        return [r for r in (p.sanitizer_report() for p in self.programs.values()) if r]

    def _drop(self):
        """An autovacuum worker in the database is the server's own: it cannot be ended by us, but it gives way to a lock."""
        try:
            self._admin_sql(f'drop database if exists "{self.database}" with (force)')
        except psycopg2.errors.InsufficientPrivilege:
            self._admin_sql("drop schema if exists orgcode cascade", self.conninfo)
            raise
        return True

    def drop_database(self, name):
        """Another one of a test. An autovacuum worker there cannot be ended by us, and ends by itself."""
        wait_until(lambda: self._admin_sql(f'drop database if exists "{name}" with (force)') is None, 60, f"dropping database {name}")

    def _admin_sql(self, statement, conninfo=None):
        connection = psycopg2.connect(conninfo or self.services.conninfo, connect_timeout=10)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()
