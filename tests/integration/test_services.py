"""The private Kafka and PostgreSQL themselves: crash, restart, ports."""

import socket
import subprocess
import sys
import threading
import time

from harness.services import ROOT

# as one that was killed: its first thread has ended, another still holds a port
ENDING = """
import ctypes, os, threading, time
threading.Thread(target=time.sleep, args=(3,)).start()
print("ready", flush=True)
ctypes.CDLL(None).syscall({"aarch64": 93}.get(os.uname().machine, 60), 0)  # exit, of this thread alone
"""


def test_the_end_of_a_killed_process_is_waited_for():
    with subprocess.Popen([sys.executable, "-c", ENDING], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        begun = time.monotonic()
        done = subprocess.run(["bash", "-euc", f". deploy/lib/base.sh; sleep 0.5; process_start_time {process.pid}"], cwd=ROOT, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert time.monotonic() - begun > 1.5

def test_kafka_keeps_records_over_a_crash(services):
    kafka = services.kafka()
    kafka.create("crash.test", flush_messages=1)
    kafka.send("crash.test", b"before", headers=[("a", "1")])
    services.kill("kafka")
    assert not services.runs("kafka")
    services.start("kafka")
    kafka.send("crash.test", b"after")
    found = kafka.read("crash.test")
    assert [m.value for m in found] == [b"before", b"after"]
    assert found[0].headers == {"a": b"1"}
    kafka.delete("crash.test")


def test_postgres_keeps_rows_over_a_crash(services):
    import psycopg2

    with psycopg2.connect(services.conninfo) as connection:
        connection.cursor().execute("create table crash_test as select 1 as one")
    services.kill("postgres")
    services.start("postgres")
    with psycopg2.connect(services.conninfo) as connection:
        cursor = connection.cursor()
        cursor.execute("select one from crash_test")
        assert cursor.fetchall() == [(1,)]
        cursor.execute("drop table crash_test")


def test_a_remembered_port_found_taken_is_replaced(services):
    before = services.bootstrap
    services.stop("kafka")
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(before.rsplit(":", 1)[1])))
        taken.listen()
        services.start("kafka")
        assert services.bootstrap != before
        services.kafka().topics()


def test_starting_twice_changes_nothing(services):
    before = services.pid("kafka"), services.pid("postgres"), services.bootstrap
    threads = [threading.Thread(target=services.start) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert (services.pid("kafka"), services.pid("postgres"), services.bootstrap) == before


def test_topic_configuration_is_kept_by_configure(services):
    kafka = services.kafka()
    kafka.create("configure.test", message_timestamp_type="LogAppendTime")
    kafka.configure("configure.test", max_message_bytes=100000)
    kafka.send("configure.test", b"x", timestamp=1000)
    assert kafka.read("configure.test")[0].timestamp > 1000, "LogAppendTime was lost"
    kafka.delete("configure.test")
