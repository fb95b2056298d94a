"""How fast orgcode-serve answers: the parts serve, feed and overload of tests/bench/run. README.md says what the figures mean."""

import json
import os
import random
import re
import resource
import socket
import statistics
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg2
from harness.program import Program
from harness.serve import Serve
from harness.wait import wait_until

CLIENTS = 16
PAGE = 1000  # changes of a poll
BULK = 10000  # codes of a call
WORKERS, QUEUE = 4, 256  # of orgcode-serve, as it is by itself
KINDS = ["Sở", "Chi cục", "Trung tâm", "Phòng", "Ban", "Ủy ban nhân dân xã", "Trường", "Trạm"]
FIELDS = ["Xây dựng", "Tài chính", "Nông nghiệp và Môi trường", "Y tế", "Giáo dục và Đào tạo", "Khoa học và Công nghệ",
          "Văn hóa, Thể thao và Du lịch", "Nội vụ", "Tư pháp"]
UNMARKED = str.maketrans("àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ",
                         "a" * 17 + "d" + "e" * 11 + "i" * 5 + "o" * 17 + "u" * 11 + "y" * 5)
EVERY = ("code, status, level, version, organization_id, issued_on, closed_on, name, name_en, short_name, type, address, email, phone,"
         " fax, website, legacy_code, predecessors, predecessors_total, successors, successors_total")

# The search index as orgcode-serve --index has it after a while.
INDEXED = r"""
drop index orgcode_ops.entry_words;
insert into orgcode_ops.entry (code, status, level, parent, text, rank)
select code, status, level, parent, text,
       case when status = 1 then '0' else '1' end || lpad(level::text, 2, '0') || code
from (select code, status, level, parent,
             '| ' || translate(orgcode_ops.apart(concat_ws(e' \x01 ', coalesce(name, ''), short_name, name_en, code, legacy_code)),
                              e'\x01', '|') || ' |' as text
      from orgcode.code where status <> 0) as made;
insert into orgcode_ops.word
select distinct word from orgcode_ops.entry cross join unnest(string_to_array(text, ' ')) as word
where length(word) between 2 and 30 and word !~ '[0-9|]';
create index entry_words on orgcode_ops.entry using gin (orgcode_ops.words(text, code, parent, level)) with (fastupdate = off);
update orgcode_ops.entry_place set (sequence, registry_id) = (select sequence, registry_id from orgcode.place);
"""


def rank(sorted_values, part):
    return sorted_values[min(len(sorted_values) - 1, int(part * len(sorted_values)))] if sorted_values else 0


def spread(values):
    """Percentiles of milliseconds."""
    values = sorted(values)
    return {"count": len(values), "p50": rank(values, 0.5), "p99": rank(values, 0.99), "max": values[-1] if values else 0}


# ---- a directory of many codes, served --------------------------------------------------------------------------------


class Directory:
    """A database of its own with the made-up nation, and orgcode-serve in front of it."""

    def __init__(self, bench):
        self.bench, self.services, self.folder = bench, bench.services, bench.folder
        given = bench.given
        self.kept = bool(given.directory)
        self.database = given.directory or f"bench_{os.getpid()}_serve"
        self.conninfo = self.services.conninfo_of(self.database)
        self.programs = []
        if not self.exists():
            self.fill(given.codes)
        self.connection = psycopg2.connect(bench.owner(self.conninfo))
        self.connection.autocommit = True
        self.codes = self.one("select count(*) from orgcode.code where status <> 0")
        self.changes = self.one("select sequence from orgcode.place")
        self.snapshots = self.folder / "snapshots"
        self.snapshots.mkdir()
        self.start()

    def exists(self):
        connection = psycopg2.connect(self.bench.owner(self.services.conninfo))
        cursor = connection.cursor()
        cursor.execute("select 1 from pg_database where datname = %s", [self.database])
        found = cursor.fetchone()
        connection.close()
        return found

    def fill(self, codes):
        """As many acts as make that many codes: somewhat more, as some only change what is there."""
        self.bench.say(f"filling a directory of {codes:,} codes")
        self.bench.sql(f'create database "{self.database}" owner orgcode')
        owner = self.bench.owner(self.conninfo)
        subprocess.run([self.bench.tool / "orgcode-bench-apply", owner, "fill", str(codes * 17 // 10), "20000"], stdout=subprocess.DEVNULL,
                       check=True)
        connection = psycopg2.connect(owner)
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(INDEXED)
        cursor.execute("vacuum analyze")
        connection.close()

    def start(self, *args):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("ORGCODE_", "PG"))}
        env.update(ORGCODE_PG=self.bench.owner(self.conninfo), ORGCODE_LOG_FORMAT="json")
        program = Program("serve", ["--listen", "127.0.0.1:0", *args], env, self.folder, f"serve-{len(self.programs)}")
        self.programs.append(program)
        self.serve = Serve.__new__(Serve)
        self.serve.program, self.serve.port = program, 0
        self.env = env
        self.serve.wait()

    def restart(self, *args):
        self.serve.program.stop(timeout=60)
        self.start(*args)

    def close(self):
        for program in self.programs:
            program.kill()
        self.connection.close()
        if not self.kept:
            self.bench.sql(f'drop database "{self.database}" with (force)')

    def rows(self, sql, *values):
        cursor = self.connection.cursor()
        cursor.execute(sql, values)
        return cursor.fetchall()

    def one(self, sql, *values):
        return self.rows(sql, *values)[0][0]

    def some(self, count, where="true"):
        """Codes drawn at random, the same each time."""
        return [row[0] for row in self.rows(f"select code from orgcode.code where status <> 0 and {where} order by md5(code) limit %s", count)]


@contextmanager
def setting(bench, name, value):
    """PostgreSQL with a setting for which it has to be started anew."""
    def turn(to):
        bench.sql(f"alter system {to}")
        bench.services.stop("postgres")
        bench.services.start("postgres")
    turn(f"set {name} = '{value}'")
    try:
        yield
    finally:
        turn(f"reset {name}")


# ---- loads ------------------------------------------------------------------------------------------------------------


def h2load(folder, port, targets, clients, seconds, rate=None, post=None):
    """h2load over HTTP/1.1, kept connections: as fast as answers come, or `rate` requests a second in all. The first second is
    not counted. Milliseconds by its log."""
    listed, log = folder / "targets", folder / "load.log"
    listed.write_text("".join(f"{t}\n" for t in targets))
    log.unlink(missing_ok=True)
    command = ["h2load", "--h1", "-B", f"http://127.0.0.1:{port}", "-i", str(listed), "-c", str(clients), "-t", "1", "-D", str(seconds + 1),
               f"--log-file={log}"]
    if rate:
        command.append(f"--rps={rate / clients:.4f}")
    if post:
        body = folder / "body"
        body.write_text(post)
        command += ["-d", str(body), "-H", "content-type: application/json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [tuple(map(int, line.split("\t")[:3])) for line in log.read_text().splitlines()]
    begun = min((line[0] for line in lines), default=0) + 1000000
    counted = [line for line in lines if line[0] >= begun]
    good = [line[2] / 1000 for line in counted if line[1] == 200]
    span = (max(line[0] + line[2] for line in counted) - begun) / 1e6 if counted else 1
    return {"per_s": len(good) / span, "other_per_s": (len(counted) - len(good)) / span, **spread(good)}


def pgbench(directory, codes, clients, seconds):
    """Select-only of the same table by its key: statements prepared, one a transaction's place in the script."""
    script = directory.folder / "select.sql"
    script.write_text("".join(f"select * from orgcode.code where code = :c{i};\n" for i in range(len(codes))))
    conninfo = directory.bench.owner(directory.conninfo)
    named = [word for i, code in enumerate(codes) for word in ("-D", f"c{i}={code}")]
    done = subprocess.run(["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(seconds), "-f", str(script), *named, conninfo],
                          capture_output=True, text=True)
    found = re.search(r"tps = ([\d.]+) \(without", done.stdout)
    assert found, done.stdout + done.stderr
    return float(found[1]) * len(codes)


def questions(count):
    """What people type: whole names and parts of them, with and without diacritics, in any case."""
    draw, out = random.Random(7), []
    for i in range(count):
        kind, field, number = draw.choice(KINDS), draw.choice(FIELDS), draw.randrange(100000)
        text = [f"{kind} {field}", f"{kind} {field} số {number}", f"{field} {number}", f"{kind} {field} {number // 100}", field,
                f"{kind} mới {number}", f"H{number % 63 + 1:02}.{number % 900}"][i % 7]
        if draw.random() < 0.6:
            text = text.lower().translate(UNMARKED)
        out.append(draw.choice([text, text.lower(), text]))
    return out


# ---- part serve ---------------------------------------------------------------------------------------------------------


def lookups(directory, seconds):
    codes = directory.some(20000)
    targets = [f"/v1/organizations/{code}" for code in codes]
    f, turns = {"clients": CLIENTS}, []
    for _ in range(2):
        turns.append((pgbench(directory, codes[:200], CLIENTS, seconds), h2load(directory.folder, directory.serve.port, targets, CLIENTS, seconds)))
    f["pgbench_per_s"] = statistics.mean(t[0] for t in turns)
    f["per_s"] = statistics.mean(t[1]["per_s"] for t in turns)
    f["ratio"] = f["per_s"] / f["pgbench_per_s"]
    f["half"] = h2load(directory.folder, directory.serve.port, targets, CLIENTS, seconds, rate=f["per_s"] / 2)
    dated = [f"/v1/organizations/{code}?validAt=2035-01-01" for code in codes]
    f["as_of"] = h2load(directory.folder, directory.serve.port, dated, 4, seconds, rate=directory.bench.given.reads)
    moved = directory.some(10000, "successors is not null") + directory.some(10000, "status = 2")
    random.Random(1).shuffle(moved)
    f["resolve"] = h2load(directory.folder, directory.serve.port, [f"/v1/resolve/{code}" for code in moved], 4, seconds, rate=directory.bench.given.reads)
    return f


def searches(directory, seconds):
    asked = [f"/v1/organizations?q={quote(q)}" for q in questions(700)]
    h2load(directory.folder, directory.serve.port, asked, 2, seconds, rate=20)  # warms: the sessions' plans, the pages of the index
    return h2load(directory.folder, directory.serve.port, asked, 2, seconds, rate=20)


def bulk(directory, seconds):
    out = {}
    for direction in ("forward", "back"):
        codes = directory.some(BULK)
        body = json.dumps({"codes": codes, "direction": direction})
        found = h2load(directory.folder, directory.serve.port, ["/v1/resolve"], 4, seconds, post=body)
        out[direction] = {"codes_per_s": found["per_s"] * BULK, "p50": found["p50"]}
    return out


def poll(directory):
    """A new serve, and clients that read everything, each its part of it, page by page; pages are whole, so their tokens are known."""
    out, epoch, pages = {}, directory.one("select epoch from orgcode.place"), directory.changes // PAGE
    for clients in (1, 4):
        directory.restart()
        part, begun, readers = pages // clients, time.monotonic(), []
        for i in range(clients):
            listed = directory.folder / f"pages-{i}"
            listed.write_text("".join(f"/v1/changes?after={epoch:02}-{page * PAGE:020}&limit={PAGE}\n" for page in range(i * part, (i + 1) * part)))
            readers.append(subprocess.Popen(["h2load", "--h1", "-B", directory.serve.url, "-i", str(listed), "-c", "1", "-n", str(part)],
                                            stdout=subprocess.PIPE, text=True))
        told = [reader.communicate()[0] for reader in readers]
        assert all(f" {part} 2xx" in text for text in told), told
        out[clients] = clients * part * PAGE / (time.monotonic() - begun)
    return out


def snapshot(directory):
    """`orgcode-serve snapshot` of everything, until it can be downloaded, against COPY TO of the same rows; and its download."""
    conninfo, f = directory.bench.owner(directory.conninfo), {"codes": directory.codes}
    begun = time.monotonic()
    subprocess.run(["psql", "-qX", conninfo, "-c", f"\\copy (select {EVERY} from orgcode.code where status <> 0 order by code) to /dev/null"], check=True)
    f["copy_s"] = time.monotonic() - begun
    log = directory.folder / "snapshot.log"
    with open(log, "wb") as out:
        process = subprocess.Popen([Path(directory.bench.given.build) / "bin/orgcode-serve", "snapshot", "--snapshots", directory.snapshots], env=directory.env,
                                   stdout=out, stderr=out)
        begun = time.monotonic()
        while not list(directory.snapshots.glob("*.json")) and process.poll() is None:
            time.sleep(0.02)
        f["made_s"] = time.monotonic() - begun
        f["made_mib"] = int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[1]) / 1024 if process.poll() is None else 0
        assert process.wait() == 0, log.read_text()
        f["zipped_s"] = time.monotonic() - begun
    f["ratio"] = f["copy_s"] / f["made_s"]
    directory.restart("--snapshots", directory.snapshots, "--snapshot-every", "366d")
    begun = time.monotonic()
    done = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{size_download}", f"{directory.serve.url}/v1/snapshots/latest?format=ndjson", "-L"],
                          capture_output=True, text=True, check=True)
    f["download_s"], f["bytes"] = time.monotonic() - begun, int(done.stdout)
    return f


def serve(bench):
    with setting(bench, "shared_buffers", "2GB"):  # a directory of this size is not served from the quick start's 128 MB
        return serve_directory(bench)


def serve_directory(bench):
    directory = Directory(bench)
    seconds = bench.given.seconds
    try:
        f = {"codes": directory.codes, "changes": directory.changes}
        bench.say("look-ups")
        f["lookup"] = lookups(directory, seconds)
        bench.say("resolve, poll, snapshot")
        f["bulk"] = bulk(directory, seconds)
        f["poll"] = poll(directory)
        f["snapshot"] = snapshot(directory)
        bench.say("search")
        f["search"] = searches(directory, 2 * seconds)
        return f
    finally:
        directory.close()


# ---- part feed ----------------------------------------------------------------------------------------------------------


def stream_latency(bench, registry, port, rate, warm, measure, streams=1, meanwhile=None):
    command = [bench.tool / "orgcode-bench-latency", "--json", "--rate", str(rate), "--warm", warm, "--measure", measure, "--serve", f"127.0.0.1:{port}",
               "--streams", str(streams)] + ["--hops"] * (streams == 1)
    with subprocess.Popen(command, env=registry.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        if meanwhile:
            meanwhile()
        out, err = process.communicate()
    assert out, err + registry.tails()
    return json.loads(out)


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) * 1024


def idle_clients(port, count):
    """That many streams, open and silent."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients = []
    while len(clients) < count:
        fresh = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(min(100, count - len(clients)))]
        for s in fresh:
            s.sendall(b"GET /v1/changes/stream HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
        for s in fresh:
            assert s.recv(4096).startswith(b"HTTP/1.1 200")
        clients += fresh
    return clients


def started(bench):
    registry = bench.registry(("ROOT", *[f"H{i:02}" for i in range(1, 9)]))
    for name in ("validate", "apply"):
        registry.start(name)
    wait_until(lambda: registry.value("select born from orgcode.place"), 60, "the journal's first record")
    return registry, Serve(registry)


def feed(bench):
    given, f = bench.given, {"streams": bench.given.streams}
    with setting(bench, "track_commit_timestamp", "on"):
        registry, server = started(bench)
        bench.say(f"publish to one stream at {given.rate} acts/s")
        f["one"] = stream_latency(bench, registry, server.port, given.rate, given.feed_warm, given.feed_measure)
        bench.close()
        registry, server = started(bench)
        bench.say(f"{given.streams:,} streams")
        server.changes()
        before = resident(server.program.pid)
        clients = idle_clients(server.port, given.streams)
        f["bytes_a_client"] = (resident(server.program.pid) - before) / given.streams
        for client in clients:
            client.close()
        server.program.stop(timeout=60)
        server = Serve(registry, label="serve-crowd")
        f["crowd"] = stream_latency(bench, registry, server.port, 10, given.feed_warm, given.feed_measure, given.streams)
    return f


# ---- part overload --------------------------------------------------------------------------------------------------------


def pin(pids, cores):
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*"):
            os.sched_setaffinity(int(task.name), cores)


def below(pid):
    """The process and all that come from it."""
    out = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            out += below(int(child))
    return out


@contextmanager
def all_on(bench, core):
    """This program and what it starts, Kafka and PostgreSQL with every session: on one core."""
    def turn(cores):
        pin([os.getpid()], cores)
        pin(below(bench.services.pid("postgres")) + below(bench.services.pid("kafka")), cores)
    turn({core})
    try:
        yield
    finally:
        turn(set(range(os.cpu_count())))


class Meter:
    def __init__(self, registry):
        self.registry, self.acts, self.seconds = registry, 0, 0

    @contextmanager
    def running(self):
        at, begun = self.look(), time.monotonic()
        yield
        self.acts, self.seconds = self.acts + self.look() - at, self.seconds + time.monotonic() - begun

    def look(self):
        assert self.registry["apply"].running, self.registry.tails()
        return self.registry.value("select receipt from orgcode.place")

    @property
    def per_s(self):
        return self.acts / self.seconds


def overload(bench):
    """Apply and its sessions on one core; serve, its sessions, the load and all else on the other."""
    given, seconds = bench.given, bench.given.seconds
    registry = bench.own_registry("overload")
    subprocess.run([bench.tool / "orgcode-bench-fill", bench.services.bootstrap, registry.prefix, "mixed", str(given.overload_acts)],
                   stdout=subprocess.DEVNULL, check=True)
    with all_on(bench, 1):
        registry.start("apply")
        wait_until(lambda: registry.value("select receipt from orgcode.place") > 1000, 60, "apply goes")
        pin([registry["apply"].pid] + [row[0] for row in registry.sql("select pid from pg_stat_activity where application_name ~ 'apply'")], {0})
        server = Serve(registry)
        targets = [f"/v1/organizations/H{i:02}" for i in range(1, 64)]
        idle, busy = Meter(registry), Meter(registry)
        with idle.running():
            time.sleep(seconds)
        capacity = h2load(bench.folder, server.port, targets, CLIENTS, seconds)
        clients = 4 * (WORKERS + QUEUE)
        with busy.running():
            asked = h2load(bench.folder, server.port, targets, clients, seconds)
        with idle.running():
            time.sleep(seconds)
        assert registry.value("select next_offset from orgcode.place") < registry.journal_end(), "apply has come to the end: more --overload-acts"
    return {"idle_per_s": idle.per_s, "busy_per_s": busy.per_s, "ratio": busy.per_s / idle.per_s, "capacity_per_s": capacity["per_s"],
            "clients": clients, "answered_per_s": asked["per_s"], "shed_per_s": asked["other_per_s"]}


# ---- the table --------------------------------------------------------------------------------------------------------


def table(figures):
    """Rows of what, figure, goal."""
    if "serve" in figures:
        yield from table_serve(figures["serve"])
    if "feed" in figures:
        f, c = figures["feed"]["one"], figures["feed"]["crowd"]
        for stage, goal in (("ack", ""), ("journal", ""), ("commit", ""), ("stream", "p50 <= 15, p99 <= 60 ms"), ("from_commit", "p99 <= 15 ms")):
            yield f"publish to {stage} at {f['rate']}/s" if stage != "from_commit" else "commit to stream", milliseconds(f[stage]), goal
        yield f"{figures['feed']['streams']:,} streams, publish to stream", milliseconds(c["stream"]), ""
        yield f"{figures['feed']['streams']:,} streams, commit to stream", milliseconds(c["from_commit"]), "p99 <= 200 ms"
        yield "memory of an idle stream", f"{figures['feed']['bytes_a_client']:,.0f} bytes", "<= 10,240"
        yield "changes that did not come", f"{f['lost'] + c['lost']}", "0"
    if "overload" in figures:
        f = figures["overload"]
        yield "apply alone", f"{f['idle_per_s']:,.0f} acts/s", ""
        yield f"apply beside {f['clients']:,} readers", f"{f['busy_per_s']:,.0f} acts/s", ""
        yield "ratio", f"{f['ratio']:.2f}", ">= 0.9"
        yield "look-ups meanwhile (16 clients; all)", f"{f['capacity_per_s']:,.0f}; {f['answered_per_s']:,.0f} and {f['shed_per_s']:,.0f}/s shed", ""


def milliseconds(f):
    return f"p50 {f['p50']:.1f}, p99 {f['p99']:.1f}, max {f['max']:.0f} ms"


def table_serve(f):
    l, s = f["lookup"], f["snapshot"]
    yield "directory", f"{f['codes']:,} codes, {f['changes']:,} changes", ""
    yield "pgbench, select-only of the same table", f"{l['pgbench_per_s']:,.0f}/s", ""
    yield "look-ups", f"{l['per_s']:,.0f}/s", ""
    yield "ratio", f"{l['ratio']:.2f}", ">= 0.4"
    yield f"look-ups at half of it, {l['half']['per_s']:,.0f}/s", milliseconds(l["half"]), "p99 <= 5 ms"
    yield f"as of a day, {l['as_of']['per_s']:,.0f}/s", milliseconds(l["as_of"]), "p99 <= 5 ms"
    yield f"resolve, {l['resolve']['per_s']:,.0f}/s", milliseconds(l["resolve"]), "p99 <= 5 ms"
    yield f"search, {f['search']['per_s']:,.0f}/s", milliseconds(f["search"]), "p99 <= 30 ms"
    for direction, b in f["bulk"].items():
        yield f"resolve of {BULK:,} a call, {direction}", f"{b['codes_per_s']:,.0f} codes/s, {b['p50']:.0f} ms a call", ">= 200,000"
    for clients, per_s in f["poll"].items():
        yield f"poll from cold, {clients} client{'s' * (int(clients) > 1)}", f"{per_s:,.0f} changes/s", ">= 200,000"
    yield "COPY TO of the codes", f"{s['copy_s']:.2f} s", ""
    yield "snapshot made, 2 forms", f"{s['made_s']:.2f} s ({s['zipped_s']:.1f} s with gzip, {s['made_mib']:.0f} MiB)", ""
    yield "ratio", f"{s['ratio']:.2f}", ">= 0.5"
    yield "snapshot read", f"{s['bytes'] / 1e6 / s['download_s']:,.0f} MB/s, {s['codes'] / s['download_s']:,.0f} codes/s", ""
