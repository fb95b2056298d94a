"""orgcode-replay in the middle of its work: Kafka goes away and comes back, a signal asks it to stop, a terminal is told how far it is."""

import json
import os
import pty
import re
import signal
import subprocess
from collections import Counter

import pytest
from harness import wait_until
from harness.program import program_path
from test_replay_export import digest, elsewhere, records, scripted_journal, wait_taken
from test_replay_redrive import ledger, many_refused, redriven, wait_decided


def stopped_at(registry, label, point, *args):
    """`orgcode-replay ARGS`, stopped by the kernel where it comes to `point` first."""
    trigger = registry.folder / f"stop {label}"
    trigger.touch()
    program = registry.start("replay", *args, label=label, env={"ORGCODE_CRASH_AT": point, "ORGCODE_CRASH_SIGNAL": "STOP",
                                                                "ORGCODE_CRASH_FILE": str(trigger)})
    wait_until(lambda: program._state() in "Tt" or not program.running, 60, lambda: f"{label} stopped\n{program.tail()}")
    assert program.running, program.tail()
    return program


@pytest.fixture
def source(make_registry, tmp_path):
    """A journal of 5,003 records, and journal.gz."""
    registry = make_registry(mode="scripted", genesis=False)
    scripted_journal(registry)
    return registry


@pytest.mark.noasan
def test_redrive_and_import_go_on_when_kafka_comes_back(source, registry, make_registry, services, tmp_path):
    file, count = tmp_path / "journal.gz", 250
    many_refused(registry, count)
    registry.publish([registry.established("H26.18")], check=True)
    wait_decided(registry, "H26")
    source.run("replay", "export", file, check=True)
    target = elsewhere(make_registry)
    redriving = stopped_at(registry, "redriving", "redrive-committed", "redrive", "--json")
    importing = stopped_at(target, "importing", "import-committed", "import", file, "--json")
    services.kill("kafka")
    for program in (redriving, importing):
        program.resume()
    for program in (redriving, importing):
        wait_until(lambda p=program: "Current transaction failed" in p.log_text(), 60, lambda p=program: p.tail())
    services.start("kafka")
    for program in (redriving, importing):
        assert program.wait(120) == 0 and "interrupted, going on" in program.log_text(), program.tail()
    assert re.search(r'"message":"records imported","done":\d+,"total":5003,"per_second":\d+,"seconds_left":\d+', importing.log_text())
    assert f'"done":{{"sent":{count},"gone":0,"stopped":false}}' in redriving.log_text(), redriving.tail()
    assert '"written":5003,"records":5003' in importing.log_text(), importing.tail()
    assert records(target) == records(source)
    assert set(Counter(redriven(registry, "H26")).values()) == {1} and len(ledger(registry)) == count
    wait_decided(registry, "H26")


@pytest.mark.noasan
def test_a_transaction_that_the_broker_gave_up_is_begun_anew(registry):
    """redrive stands still for longer than its transaction lives."""
    count = 150
    many_refused(registry, count)
    registry.publish([registry.established("H26.18")], check=True)
    wait_decided(registry, "H26")
    topic = f"{registry.prefix}.acts.H26"
    program = stopped_at(registry, "slow", "redrive-sent", "redrive", "--json")
    hung = registry.kafka.ends(topic)[0]
    wait_until(lambda: registry.kafka.ends(topic)[0] > hung, 90, "the broker gives the transaction up")
    program.resume()
    assert program.wait(120) == 0, program.tail()
    assert "the broker has given the transaction up" in program.log_text(), program.tail()
    assert f'"done":{{"sent":{count},"gone":0,"stopped":false}}' in program.log_text(), program.tail()
    assert set(Counter(redriven(registry, "H26")).values()) == {1} and len(ledger(registry)) == count
    wait_decided(registry, "H26")


def interrupted(program, *words):
    program.signal(signal.SIGTERM)
    program.resume()
    assert program.wait(60) == 3, program.tail()
    assert all(word in program.log_text() for word in words), program.tail()


def test_stopped_by_a_signal_it_says_where_and_how_to_go_on(source, make_registry, tmp_path):
    file, part = tmp_path / "journal.gz", tmp_path / "journal.gz.part"
    interrupted(stopped_at(source, "export", "export-begun", "export", file), "stopped at offset 1 of 5003", "run it again")
    assert not file.exists() and not part.exists()
    killed = stopped_at(source, "killed", "export-begun", "export", file)
    killed.kill()
    assert part.exists() and not file.exists()
    source.run("replay", "export", file, check=True)
    assert file.exists() and not part.exists()

    target = elsewhere(make_registry)
    interrupted(stopped_at(target, "import", "import-committed", "import", file), "2000 records of the file", "run it again")
    wait_until(lambda: len(target.read("journal")) == 2000, 30, "what was committed can be read")
    target.run("replay", "import", file, check=True)
    assert records(target) == records(source)

    target.start("apply")
    wait_taken(target)
    interrupted(stopped_at(target, "verify", "compare-table", "verify"), "stopped in table place", "run it again")
    interrupted(stopped_at(target, "verify --digest", "compare-table", "verify", "--digest"), "stopped in table place")
    before = target.digest()
    told = on_a_terminal(target, "rebuild", "--into", "rebuilt", "--batch-records", "1", "--to", "4000")
    assert re.search(r"records read: \d+ of 4000 \(\d+%\), \d+/s, \d+:\d\d left", told), told
    target.run("replay", "rebuild", "--into", "rebuilt", check=True)
    found = json.loads(target.run("replay", "verify", "--digest", "--schema", "rebuilt", "--json", check=True).stdout)
    assert found["digest"] == digest(target) and target.digest() == before


def on_a_terminal(registry, *args):
    """What a person sees of `orgcode-replay ARGS`."""
    own, theirs = pty.openpty()
    with subprocess.Popen([program_path("replay"), *args], env=registry.env_of("replay", args), stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        told = b""
        try:
            while chunk := os.read(own, 65536):
                told += chunk
        except OSError:  # the other side was closed
            pass
        os.close(own)
    assert process.returncode == 0, told
    return told.decode()
