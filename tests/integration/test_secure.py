"""Accounts, certificates, rights and roles: a Kafka and a PostgreSQL in secure mode, each account refused where it has no business."""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import psycopg2
import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import ConfigResource
from harness import Registry, Services, wait_until
from harness.program import program_path
from harness.wait import SLOW

pytestmark = pytest.mark.secure
TLS = Path(__file__).resolve().parents[2] / "deploy/tls/tls"


@pytest.fixture(scope="module")
def secured(services, tmp_path_factory):
    """The session's services when they are secure; others of this module's own, else."""
    if services.secure:
        yield services
        return
    home = tmp_path_factory.mktemp("secure") / "with space"  # every path in a setting, a URI, a conninfo
    found = Services(home, secure=True)
    try:
        found.start()
        yield found
    finally:
        found.clean()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def make(secured, tmp_path):
    made = []

    def make(**options):
        made.append(Registry(secured, tmp_path / f"registry-{len(made) + 1}", **options))
        return made[-1]

    yield make
    reports = [report for registry in made for report in registry.close()]
    assert not reports, "a sanitizer speaks:\n" + "\n".join(reports)


def authority(registry, *words, **more):
    """orgcode-replay authority, with certificates by the script."""
    env = {"ORGCODE_CERTIFY": str(TLS), **tls_of(registry.services), **more.pop("env", {})}
    return registry.run("replay", "authority", *words, env=env, **more)


def publish_as(registry, account, acts, *words):
    return registry.run("publish", *words, registry.acts_file(acts), env=registry.services.account_env(account, registry.conninfo))


# ---- who may do what: said here once more, by hand --------------------------------------------------------------------

TOPICS = ["acts.H26", "acts.G12", "journal", "changes", "state", "receipts.H26", "receipts.G12", "rejected", "redrive",
          "validate.control", "notify.place", "notify.receipts"]
WRITES = {
    "H26": {"acts.H26"},
    "press": set(),
    "validate": {"journal", "rejected"},
    "apply": {"journal"},
    "notify": {"changes", "state", "receipts.H26", "receipts.G12", "notify.place", "notify.receipts"},
    "gateway": {"acts.H26", "acts.G12"},
    "redrive": {"acts.H26", "acts.G12", "redrive"},
    "operator": {"journal", "validate.control", "notify.place", "notify.receipts"},
    "serve": set(),  # has no business in Kafka
    "K33": set(),  # has a certificate, and no rights
}
READS = {
    "H26": {"receipts.H26"},
    "press": {"changes", "state"},
    "validate": {"acts.H26", "acts.G12", "validate.control"},
    "apply": {"journal"},
    "notify": {"changes", "state", "receipts.H26", "receipts.G12", "notify.place", "notify.receipts"},  # what a broker left undecided
    "gateway": {"receipts.H26", "receipts.G12"},
    "redrive": {"acts.H26", "acts.G12", "rejected", "redrive"},
    "operator": set(TOPICS),
    "serve": set(),
    "K33": set(),
}
REFUSED = "TOPIC_AUTHORIZATION_FAILED"


def connects(properties):
    producer = Producer({**properties, "log_level": 0})  # outside: one that names no certificate is no answer
    try:
        return producer.list_topics(timeout=5 * SLOW) is not None
    except KafkaException:
        return False


def come_as(services, account):
    """How a holder of this certificate comes, whether or not the account was meant for Kafka."""
    own, tls = services.properties("admin"), services.home / "tls"
    return {**own, "ssl.certificate.location": str(tls / f"{account}.pem"), "ssl.key.location": str(tls / f"{account}.key")}


def steal(secured, account, folder):
    """An account whose certificate is in use, kept by a thief, and revoked."""
    secured.certify(account)
    own = secured.properties(account)
    kept = {**own, **{f"ssl.{what}.location": shutil.copy(own[f"ssl.{what}.location"], folder) for what in ("certificate", "key")}}
    wait_until(lambda: connects(kept), 30, "a certificate in force opens a connection")
    subprocess.run([TLS, "revoke", account], env={**os.environ, **tls_of(secured)}, check=True, capture_output=True)
    return kept


def tls_of(services):
    tls = services.home / "tls"
    return {"ORGCODE_TLS": str(tls), "ORGCODE_CRL_URI": f"file://{str(tls).replace(' ', '%20')}/revoked.crl"}


@pytest.fixture(scope="module")
def stage(secured, tmp_path_factory):
    """A registry whose topics hold a record each, and certificates for everybody."""
    registry = Registry(secured, tmp_path_factory.mktemp("stage"), mode="scripted", authorities=["H26", "G12"])
    registry.run("topics", "--subscriber", "press", "--mode", "scripted", check=True)
    secured.certify("H26", "G12", "press", "K33")
    registry.stolen = steal(secured, "K34", registry.folder)
    for topic in TOPICS:
        registry.kafka.send(f"{registry.prefix}.{topic}", b"one", b"key")
    yield registry
    registry.close()


def written(registry, account, topics=TOPICS):
    """The topics that took a record of this account; at all others it must be told that it may not."""
    came = {}
    producer = Producer({**come_as(registry.services, account), "message.timeout.ms": 60000 * SLOW, "log_level": 2})
    for topic in topics:
        def delivered(error, _, topic=topic):
            came[topic] = error and error.name()

        try:
            producer.produce(f"{registry.prefix}.{topic}", b"by " + account.encode(), b"key", callback=delivered)
        except KafkaException as error:  # the client has heard by now
            delivered(error.args[0], None)
    assert producer.flush(90 * SLOW) == 0
    assert set(came.values()) <= {None, REFUSED}, (account, came)
    return {topic for topic, error in came.items() if error is None}


def first_error(consumer, topic):
    """The error that a reader of this topic gets; None: a record."""
    known = consumer.list_topics(topic, timeout=20 * SLOW).topics[topic]
    if known.error is not None:  # may not even know that it is there: nothing is asked for, then
        return known.error
    found = []

    def look():
        found.extend(m for m in consumer.consume(10, 0.1) if m.topic() == topic)
        return found
    consumer.assign([TopicPartition(topic, 0, 0)])
    wait_until(look, 20, f"a record of {topic}, or a refusal", every=0)
    return found[0].error()


def readable(registry, account, topics=TOPICS):
    """The topics of which this account gets a record; at all others it must be told that it may not."""
    got = set()
    consumer = Consumer({**come_as(registry.services, account), "group.id": f"{registry.prefix}.{account}.reader",
                         "enable.auto.commit": False, "isolation.level": "read_uncommitted", "fetch.wait.max.ms": 50, "log_level": 2})
    try:
        for topic in topics:
            error = first_error(consumer, f"{registry.prefix}.{topic}")
            assert error is None or error.name() == REFUSED, (account, topic, error)
            if error is None:
                got.add(topic)
    finally:
        consumer.close()
    return got


@pytest.mark.parametrize("account", WRITES)
def test_an_account_writes_and_reads_what_is_its_own_and_nothing_else(stage, account):
    assert written(stage, account) == WRITES[account]
    assert readable(stage, account) == READS[account]


def test_only_validate_apply_and_the_operator_write_the_journal(stage):
    """By every certificate that there is; the admin and the brokers, who give the rights, are bound by none."""
    come = {path.stem for path in (stage.services.home / "tls").glob("*.key")} - {"ca", "admin", "broker"}
    assert {"H26", "G12", "press", "K33", "validate", "apply", "notify", "gateway", "redrive", "operator", "serve", "postgres"} <= come
    assert {account for account in come if written(stage, account, ["journal"])} == {"validate", "apply", "operator"}


def refusal(call):
    with pytest.raises(KafkaException) as caught:
        call()
    return caught.value.args[0].name()


def test_transactions_and_groups_of_others_are_refused(stage):
    def transaction(account, name):
        producer = Producer({**stage.services.properties(account), "transactional.id": f"{stage.prefix}{name}", "log_level": 2})
        producer.init_transactions(20 * SLOW)

    transaction("notify", "-notify")
    transaction("redrive", "-redrive")
    for account, name in [("H26", "-notify"), ("validate", "-notify"), ("apply", "-redrive"), ("gateway", "-x")]:
        assert refusal(lambda: transaction(account, name)) == "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"
    for account, group, topic in [("H26", "apply", "receipts.H26"), ("H26", "G12.x", "receipts.H26"), ("press", "validate", "changes"),
                                  ("apply", "validate", "journal"), ("validate", "apply", "acts.H26")]:
        consumer = Consumer({**stage.services.properties(account), "group.id": f"{stage.prefix}.{group}", "log_level": 2})
        try:
            consumer.subscribe([f"{stage.prefix}.{topic}"])
            wait_until(lambda: [m for m in consumer.consume(10, 0.1) if m.error() and m.error().name() == "GROUP_AUTHORIZATION_FAILED"],
                       20, f"{account} is refused the group {group}")
        finally:
            consumer.close()


@pytest.mark.parametrize("name", ["validate", "apply"])
def test_a_service_without_the_right_to_its_group_stops_and_says_so(stage, name):
    done = stage.run(name, "-X", f"group.id={stage.prefix}.other")
    assert done.returncode == 4 and "Group authorization failed" in done.stdout + done.stderr, done.stderr


def test_nobody_but_the_admin_makes_topics_rights_or_settings(stage):
    for account in ("H26", "validate", "apply", "notify", "gateway", "redrive", "operator"):
        come = stage.services.properties(account)
        words = ["--log-level", "error", "--bootstrap", come.pop("bootstrap.servers"), *(w for k, v in come.items() for w in ("-X", f"{k}={v}"))]
        env = {"ORGCODE_CONFIG": "/dev/null"}
        if account != "operator":  # which may make topics of this registry: it lays out new ones for a lost subscriber side
            assert stage.run("topics", *words, "K01", env=env).returncode == 4
        assert stage.run("topics", *words, "--subscriber", "friend", env=env).returncode == 4
        assert authority(stage, "suspend", "G12", *words, env=env).returncode == 4


# ---- without a certificate, with a wrong one, with a revoked one ------------------------------------------------------

def test_nobody_comes_in_without_a_certificate_of_this_registry(stage, tmp_path):
    good = stage.services.properties("H26")

    def topics(properties):
        return Producer({**properties, "log_level": 0}).list_topics(timeout=2 * SLOW).topics

    assert f"{stage.prefix}.acts.H26" in topics(good)
    assert refusal(lambda: topics({"bootstrap.servers": good["bootstrap.servers"]}))  # no TLS
    assert refusal(lambda: topics({k: v for k, v in good.items() if "certificate" not in k and "key" not in k}))
    env = {"ORGCODE_TLS": str(tmp_path), "PATH": "/usr/bin:/bin"}
    subprocess.run([TLS, "init"], env=env, check=True)
    subprocess.run([TLS, "account", "H26"], env=env, check=True)
    other = {**good, "ssl.certificate.location": str(tmp_path / "H26.pem"), "ssl.key.location": str(tmp_path / "H26.key")}
    assert refusal(lambda: topics(other))
    own = stage.conninfo
    for wrong in (re.sub(r"ssl(cert|key)='[^']*'", "", own), own.replace("sslmode=verify-full", "sslmode=disable"),
                  own.replace("user=orgcode ", "user=orgcode-apply "), own.replace("/tls/admin.", "/tls/H26.")):
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(wrong, connect_timeout=10)


class Stream:
    """An agency that publishes without a pause: what was taken, when the first was refused, how often it was cut off."""

    def __init__(self, registry, account):
        self.topic, self.taken, self.sent, self.refused_at, self.cuts = f"{registry.prefix}.acts.{account}", 0, 0, None, 0
        self.producer = Producer({**registry.services.properties(account), "enable.idempotence": True, "linger.ms": 0, "log_level": 0,
                                  "message.timeout.ms": 60000 * SLOW, "error_cb": self.on_error, "log.connection.close": True})

    def on_error(self, error):
        self.cuts += error.name() in ("_TRANSPORT", "_ALL_BROKERS_DOWN", "_SSL")

    def on_delivery(self, error, _):
        if error is None:
            self.taken += 1
        elif self.refused_at is None:
            self.refused_at = time.monotonic()

    def send(self):
        self.sent += 1
        try:
            self.producer.produce(self.topic, b"an act", b"H26", callback=self.on_delivery)
        except KafkaException as error:  # the client has heard by now that the topic is not its own
            self.on_delivery(error.args[0], None)
        self.producer.poll(0.02)


def test_a_revoked_account_is_refused_within_five_seconds_and_cut_off(make, secured):
    registry = make(authorities=["ROOT"])
    registry.start_all()  # as in service: their connections are spared, and count
    done = authority(registry, "add", "H26", "G12", check=True)
    assert "write topic" in done.stdout and "make the topics" in done.stdout
    secured.certify("H26", "G12")
    revoked, other = Stream(registry, "H26"), Stream(registry, "G12")
    wait_until(lambda: (revoked.send(), other.send(), revoked.taken > 20 and other.taken > 20)[-1], 60, "both publish")
    begun = time.monotonic()
    process = subprocess.Popen([shutil.which("env"), *end_command(registry)], env=registry.env_of("replay", ["authority"]),
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=registry.folder)
    while process.poll() is None:
        revoked.send()
        other.send()
    assert process.returncode == 0, process.stdout.read()
    wait_until(lambda: (revoked.send(), revoked.refused_at)[-1], 30, "the revoked account's produce fails")
    print(f"refused after {revoked.refused_at - begun:.2f} s, cut {revoked.cuts} times, the other {other.cuts}")
    assert revoked.refused_at - begun < 5 * SLOW
    assert revoked.cuts > 0, "the connection was not cut"
    taken = registry.kafka.ends(f"{registry.prefix}.acts.H26")[0]
    for _ in range(20):
        revoked.send()
    revoked.producer.flush(10)
    assert registry.kafka.ends(f"{registry.prefix}.acts.H26")[0] == taken == revoked.taken
    # the others were cut too, came back by themselves, and lost nothing
    for _ in range(20):
        other.send()
    assert other.producer.flush(60 * SLOW) == 0
    assert (other.taken, other.refused_at) == (other.sent, None)
    assert registry.kafka.ends(f"{registry.prefix}.acts.G12")[0] == other.sent


def test_a_cut_that_was_killed_keeps_nobody_out_for_long(stage):
    press = stage.services.properties("press")  # comes by the agencies' listener, and no other test takes its certificate away

    def bound():
        resource = ConfigResource(ConfigResource.Type.BROKER, "1")
        return next(iter(stage.kafka.admin.describe_configs([resource]).values())).result(20)["max.connections"].value

    free = bound()
    assert connects(press)
    crowd = [Producer({**press, "log_level": 0}) for _ in range(8)]  # they come back again and again: no place stays free
    for producer in crowd:
        producer.list_topics(timeout=20 * SLOW)
    process = subprocess.Popen([program_path("replay"), "authority", "suspend", "G12", "--cut", "60s"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env=stage.env_of("replay", ["authority"]), cwd=stage.folder)
    wait_until(lambda: bound() == "4", 30, "the bound is in force")
    process.kill()
    process.wait()
    wait_until(lambda: not connects(press), 30, "nobody comes in")
    authority(stage, "add", "G12", check=True)
    wait_until(lambda: bound() == free, 30, "the bound is as before")  # the broker does what it has acknowledged a moment later
    wait_until(lambda: connects(press), 30, "everybody comes in again")
    del crowd


def end_command(registry):
    return [f"ORGCODE_CERTIFY={TLS}", *(f"{k}={v}" for k, v in tls_of(registry.services).items()),
            program_path("replay"), "authority", "end", "H26", "--force"]


# ---- the life of an account ---------------------------------------------------------------------------------------------

def test_an_account_from_its_first_day_to_its_last(make, secured):
    registry = make(authorities=["ROOT"])
    registry.start_all()
    assert registry.publish([registry.established("H26", "ROOT")], "--wait").returncode == 0
    plan = json.loads(authority(registry, "add", "H26", "--dry-run", "--json", check=True).stdout)["plan"]
    assert [r["right"].split()[0] for r in plan["give"] if "acts" in r["right"]] == ["write"] and plan["take"] == []
    assert f"{registry.prefix}.acts.H26" not in registry.kafka.topics(registry.prefix)
    assert authority(registry, "add", "H26", "--at", "000000000000").returncode == 1  # another plan
    assert authority(registry, "add", "H26", "--at", plan["head"], check=True).stdout
    assert json.loads(authority(registry, "add", "H26", "--dry-run", "--json", check=True).stdout)["plan"]["give"] == []
    secured.certify("H26")
    unit = registry.established("H26.1")
    assert publish_as(registry, "H26", [unit], "--wait").returncode == 0
    assert publish_as(registry, "H26", [registry.established("G12.1", "G12")]).returncode in (3, 4)  # not its own
    # suspended: nothing more is taken, receipts stay readable; and back
    authority(registry, "suspend", "H26", "--cut", "0", check=True)
    assert publish_as(registry, "H26", [registry.established("H26.2")]).returncode in (3, 4)
    assert readable(registry, "H26", ["receipts.H26", "acts.H26"]) == {"receipts.H26"}
    assert "H26    suspended  code open" in authority(registry, "list", check=True).stdout
    authority(registry, "add", "H26", "--cut", "0", check=True)
    assert publish_as(registry, "H26", [registry.established("H26.2")], "--wait").returncode == 0
    # it ends with its code
    refused = authority(registry, "end", "H26")
    assert refused.returncode == 1 and "code is open" in refused.stderr
    assert authority(registry, "end", "--closed", "--dry-run", check=True).stdout.count("take from") == 0
    dissolved = [registry.act("dissolved", {"code": code, "successors": []}, who, "2025-08-01")
                 for code, who in [("H26.1", "H26"), ("H26.2", "H26"), ("H26", "ROOT")]]
    for act in dissolved:
        done = registry.publish([act], "--wait")
        assert done.returncode == 0, done.stdout + done.stderr
    assert "code closed on 2025-08-01" in authority(registry, "list", check=True).stdout
    key = secured.home / "tls/H26.key"
    for point, certified in (("authority-rights", True), ("authority-revoked", False)):  # killed midway, it is found and finished by the next
        assert authority(registry, "end", "--closed", "--cut", "0", env={"ORGCODE_CRASH_AT": point}).returncode == -9
        assert "H26    suspended  code closed" in authority(registry, "list", check=True).stdout and key.exists() == certified
    authority(registry, "end", "--closed", "--cut", "0", check=True)
    assert authority(registry, "list", check=True).stdout.count("H26") == 0
    assert not key.exists()
    assert registry.verdicts("H26")[unit["actId"]] == "accepted"  # what was published stays


# ---- the script ---------------------------------------------------------------------------------------------------------

def test_the_script_gives_a_request_its_name_and_nothing_else(tmp_path):
    env = {"ORGCODE_TLS": str(tmp_path / "ca here"), "PATH": "/usr/bin:/bin"}

    def tls(*words, **more):
        return subprocess.run([TLS, *words], env={**env, **more}, capture_output=True, text=True, timeout=60)

    def text(name):
        return subprocess.run(["openssl", "x509", "-in", tmp_path / "ca here" / f"{name}.pem", "-noout", "-subject", "-serial", "-ext",
                               "basicConstraints,extendedKeyUsage"], capture_output=True, text=True, check=True).stdout

    assert tls("account", "H26").returncode == 1  # no authority yet
    assert tls("init").returncode == 0 and tls("init").returncode == 0
    subprocess.run(["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "own.key", "-subj", "/CN=admin", "-addext",
                    "basicConstraints=CA:TRUE", "-out", tmp_path / "own.csr"], check=True, capture_output=True)
    assert tls("sign", "H64", tmp_path / "own.csr").returncode == 0
    assert "CN = H64" in text("H64") and "CA:FALSE" in text("H64") and "admin" not in text("H64")
    for name in ("../H26", "a b", "ca", "CA", "", "-x", "a/b", "H26,CN=admin"):
        assert tls("account", name).returncode == 2, name
    # one that runs out soon is replaced, another is left
    assert tls("account", "H26", ORGCODE_TLS_DAYS="10").returncode == 0
    soon = text("H26")
    assert tls("account", "H26").returncode == 0 and text("H26") != soon
    later = text("H26")
    assert tls("account", "H26").returncode == 0 and text("H26") == later
    assert tls("list").stdout.count("H26") == 2
    assert tls("revoke", "H26").returncode == 0 and tls("list").stdout.count("revoked") == 2  # both of them
    (tmp_path / "ca here/revoked.crl").unlink()  # as if the run had been killed before it wrote the list
    assert tls("revoke", "H26").returncode == 0 and (tmp_path / "ca here/revoked.crl").stat().st_size > 0
    assert tls("revoke", "H99").returncode == 1
    assert (tmp_path / "ca here").stat().st_mode & 0o077 == 0


# ---- PostgreSQL ---------------------------------------------------------------------------------------------------------

PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
MAY_CHANGE = {  # what a login may do to tables beside reading them; an update may be of a few columns
    "orgcode-apply": {"place": "U", "origin_mark": "IU", "scheme": "IU", "code": "IU", "act": "IU", "code_version": "I", "change": "I",
                      "receipt": "I", "succession": "IU", "pending_act": "IUD", "law": "IU"},
    "orgcode-notify": {},
    "orgcode-serve": {},
    "orgcode-redrive": {},
    "orgcode-replay": {},
}


def test_each_login_may_do_what_its_service_does(stage):
    letters = {"I": "INSERT", "U": "UPDATE", "D": "DELETE"}
    tables = [r[0] for r in stage.sql("select table_name from information_schema.tables where table_schema = 'orgcode'")]
    for login, may in MAY_CHANGE.items():
        for table in tables:
            has = {p for p in PRIVILEGES if stage.value(
                "select has_table_privilege(%s, %s, %s) or (%s in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') and"
                " has_any_column_privilege(%s, %s, %s))", login, f"orgcode.{table}", p, p, login, f"orgcode.{table}",
                p if p in ("SELECT", "INSERT", "UPDATE", "REFERENCES") else "SELECT")}
            assert has - {"SELECT"} <= {letters[x] for x in may.get(table, "")}, (login, table, has)
    for account, statement in [("apply", "create table orgcode.x ()"), ("apply", "delete from orgcode.receipt"),
                               ("apply", "update orgcode.code_version set sequence = 1"), ("notify", "select * from orgcode.code"),
                               ("notify", "update orgcode.place set receipt = 0"), ("serve", "delete from orgcode.change"),
                               ("serve", "create table orgcode.x ()"), ("operator", "delete from orgcode.code"),
                               ("apply", "create role friend"), ("operator", "alter role orgcode superuser")]:
        conninfo = stage.services.account_env(account, stage.conninfo)["ORGCODE_PG"]
        connection = psycopg2.connect(conninfo, connect_timeout=10)
        try:
            with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
        finally:
            connection.close()


# ---- secrets, SCRAM -----------------------------------------------------------------------------------------------------

def test_keys_are_the_owners_alone_and_in_no_log_or_argument(stage):
    home = stage.services.home
    for path in [*home.glob("tls/*.key"), *home.glob("tls/*.store"), *home.glob("accounts/*"), home / "pgpass"]:
        assert path.stat().st_mode & 0o077 == 0 or path.name == "rights", path
    logs = [p.read_text(errors="replace") for p in home.glob("log/*")]
    words = [Path(f"/proc/{stage.services.pid(s)}/cmdline").read_text() for s in ("kafka", "postgres")]
    secrets = [line.split(":")[-1] for line in (home / "pgpass").read_text().split()]
    assert len(secrets) == 2
    for text in logs + words:
        assert "PRIVATE KEY" not in text and not any(secret in text for secret in secrets)


def test_scram_is_refused_with_a_clear_word_where_librdkafka_is_old(stage):
    from confluent_kafka import libversion
    if libversion()[1] >= 0x020601ff:
        pytest.skip("this librdkafka does SCRAM")
    settings = ["sasl.mechanisms=SCRAM-SHA-512", "sasl.username=u", "sasl.password=hush-hush"]
    by_option = ["-X", "security.protocol=sasl_ssl", *(w for setting in settings for w in ("-X", setting))]
    in_file = stage.folder / "scram.conf"
    in_file.write_text("property = security.protocol=SASL_PLAINTEXT\nproperty = sasl.mechanism=scram-sha-256\n"
                       + "".join(f"property = {setting}\n" for setting in settings[1:]))
    replay = ["inspect", "journal"]
    for name, words in [("validate", []), ("apply", []), ("notify", []), ("publish", ["--no-check", stage.acts_file([])]), ("topics", []), ("replay", replay)]:
        first, rest = (replay[:1], replay[1:]) if name == "replay" else ([], words)
        for given, env in [(by_option, {}), ([], {"ORGCODE_CONFIG": str(in_file), "ORGCODE_BOOTSTRAP": stage.services.bootstrap})]:
            done = stage.run(name, *first, *given, *rest, env=env)
            said = done.stdout + done.stderr
            assert done.returncode in (3, 4) and "SASL/SCRAM needs librdkafka 2.6.1 or newer" in said and "mutual TLS" in said, (name, said)
            assert "hush-hush" not in said


def test_a_revoked_certificate_opens_no_connection(stage):
    """Revoked when the first test began: the broker reads the list again after 30 s."""
    wait_until(lambda: not connects(stage.stolen), 90, "the revoked certificate is refused", every=1)
    assert connects(stage.services.properties("press"))
