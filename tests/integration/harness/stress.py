"""A small registry behind orgcode-serve under stress: readers that check every answer, a table that nobody can read."""

import http.client
import json
import re
import socket
import threading

import psycopg2

from .wait import SLOW, wait_until


def make_small(registry):
    registry.start_all()
    registry.publish([registry.established("H26", "ROOT")], "--wait", check=True)
    registry.wait_all()
    return registry


def rename(registry, n):
    return registry.act("contact_updated", {"code": "H26", "set": {"phone": str(n)}}, "H26", decision=False)


def metric(serve, name):
    found = re.search(rf"^{name} (\d+)", serve.get("/metrics").text, re.M)
    return int(found[1]) if found else 0


def slow_reader(serve, target):
    """A socket with hardly any room that has asked; it is the test's to read it."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(60 * SLOW)
    s.connect(("127.0.0.1", serve.port))
    s.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    return s


def rest_of(s):
    """What comes until the other side closes, with a socket that reads fast from now on."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    out = bytearray()
    while part := s.recv(1 << 20):
        out += part
    return bytes(out)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def make_still(registry):
    """A small registry whose programs have ended: a test may write into its tables."""
    make_small(registry)
    for name in ("validate", "apply", "notify"):
        registry[name].stop()
    return registry


def write_changes(registry, count, subject="H26", more=0):
    """So many changes more in one commit, copies of the last one but for the subject, as apply would write them; more: bytes added to
    each. Only where apply does not run."""
    registry.sql("""
        with moved as (update orgcode.place set sequence = sequence + %s returning sequence), last as (select * from orgcode.change order by sequence desc limit 1),
        written as (insert into orgcode.change select last.sequence + n, type, %s, subject_version + n, act_id, act_index, act_count, effective_on, recorded_ms,
                           case when %s > 0 then left(data, -1) || ',"more":"' || repeat('x', %s) || '"}' else data end from last, generate_series(1, %s) as n)
        select pg_notify('orgcode_change', ''), sequence from moved""", count, subject, more, more, count)


def write_codes(registry, count, prefix="H26.", status=1, **columns):
    """So many codes PREFIX0, PREFIX1, ..., copies of H26 but for what is said. Columns are SQL expressions, in which n is the number."""
    columns = {"code": f"'{prefix}' || n", "status": str(status), "level": "2", "parent": "'H26'", "organization_id": "gen_random_uuid()", **columns}
    names = [r[0] for r in registry.sql("select column_name from information_schema.columns where table_schema = 'orgcode' and table_name = 'code' order by ordinal_position")]
    chosen = ", ".join(f"({columns[name]})" if name in columns else name for name in names)
    registry.sql(f"insert into orgcode.code ({', '.join(names)}) select {chosen} from orgcode.code as model, generate_series(0, {count - 1}) as n where model.code = 'H26'")


def write_edges(registry, pairs, on="2025-07-01"):
    """Successions (from, to), each of a closed code that ended on that day."""
    for start in range(0, len(pairs), 1000):
        rows = ", ".join(f"('{a}', '{b}', date '{on}', false, 1, 1)" for a, b in pairs[start:start + 1000])
        registry.sql(f"insert into orgcode.succession (from_code, to_code, on_date, continues, act, sequence) values {rows}")
    for column, near, far in (("successors", "from_code", "to_code"), ("predecessors", "to_code", "from_code")):
        registry.sql(f"""
            with edge as (select {near} as near, array_agg(on_date || ' ' || {far}) as far from orgcode.succession group by 1)
            update orgcode.code set {column} = far[1:100], {column}_total = case when cardinality(far) > 100 then cardinality(far) end
            from edge where code = near""")


class locked:
    """Nobody can read the table while this holds it."""

    def __init__(self, registry, table="code"):
        self.connection, self.table = psycopg2.connect(registry.conninfo), table

    def __enter__(self):
        self.connection.cursor().execute(f"lock table orgcode.{self.table} in access exclusive mode")

    def __exit__(self, *_):
        self.connection.rollback()
        self.connection.close()


class Readers:
    """Threads that ask and check every answer: right, or a 503, or no answer at all. A reader with several addresses goes to the next one
    when it gets none; asks: (path, is the JSON of the answer right?), by turns."""

    def __init__(self, addresses_of, count=4, asks=(("/v1/organizations/H26", lambda answer: answer["record"]["code"] == "H26"),)):
        self.addresses_of, self.asks = addresses_of, asks
        self.stop, self.good, self.busy, self.lost, self.turned, self.wrong = threading.Event(), 0, 0, 0, 0, []
        self.threads = [threading.Thread(target=self.read, args=(n,), daemon=True) for n in range(count)]
        for t in self.threads:
            t.start()

    def answer(self, path, number):
        """(status, Retry-After, body) of the first address that gives one, from that number on; None when none does."""
        addresses = self.addresses_of()
        for n in range(len(addresses)):
            try:
                connection = http.client.HTTPConnection(*addresses[(number + n) % len(addresses)], timeout=30 * SLOW)
                connection.request("GET", path, headers={"Connection": "close"})
                answer = connection.getresponse()
                found = answer.status, answer.headers["Retry-After"], answer.read()
                connection.close()
                return found
            except (OSError, http.client.HTTPException):
                self.turned += 1
        return None

    def read(self, number):
        while not self.stop.is_set():
            number += 1
            path, right = self.asks[number % len(self.asks)]
            found = self.answer(path, number)
            if found is None:
                self.lost += 1
                self.stop.wait(0.02)
            elif found[0] == 200 and right(json.loads(found[2])):
                self.good += 1
            elif found[0] == 503 and found[1]:
                self.busy += 1
                self.stop.wait(0.02)
            else:
                self.wrong.append((path, found[0], found[2][:300]))

    def more(self, count=50):
        wanted = self.good + count
        wait_until(lambda: self.good >= wanted or self.wrong, 60, lambda: f"{self.good} good, {self.busy} busy, {self.lost} lost")
        assert not self.wrong, self.wrong[:3]

    def end(self):
        self.stop.set()
        for t in self.threads:
            t.join(60 * SLOW)
        assert not self.wrong, self.wrong[:3]
