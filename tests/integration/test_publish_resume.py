"""orgcode-publish killed, stopped, and over a broker that goes away: every act once, in order."""

import json
import os
import random
import signal
import subprocess
import threading

import pytest
from harness.program import program_path
from harness.wait import wait_until


@pytest.fixture
def registry(make_registry):
    return make_registry(authorities=("H26", "G12"), migrate=False)


def keys(registry, authority="H26"):
    return [m.key.decode() for m in registry.read(f"acts.{authority}")]


def many(registry, count, authority="H26", first=0):
    return [registry.established(f"{authority}.{i}", authority) for i in range(first, first + count)]


def first_keys(registry, authority="H26"):
    """All keys, none of them twice; but where its account may not read its own acts, the publisher may send the last ones again."""
    found = keys(registry, authority)
    return list(dict.fromkeys(found)) if registry.services.secure else found


def start(registry, *args, stdin=subprocess.DEVNULL):
    return subprocess.Popen([program_path("publish"), *map(str, args)], env=registry.env, cwd=registry.folder, stdin=stdin,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def state_files(registry):
    return sorted(str(p.relative_to(registry.folder)) for p in (registry.folder / "state").rglob("*") if p.is_file())


def test_killed_again_and_again(registry):
    """Nothing is lost and nothing sent twice, whenever it is killed."""
    acts = many(registry, 20000) + many(registry, 20000, "G12") + many(registry, 20000, first=20000)
    path = registry.acts_file(acts)
    choose = random.Random(20250701)
    kills = 0
    for _ in range(40):
        process = start(registry, path)
        try:
            process.wait(choose.uniform(0.05, 0.35))
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
    out, err = process.communicate()
    if process.returncode:
        done = registry.run("publish", path)
        assert done.returncode == 0, done.stdout + done.stderr
        out = done.stdout
    assert kills >= 3 and "60000 good" in out
    assert first_keys(registry) == [a["body"]["code"] for a in acts if a["authority"] == "H26"]
    assert first_keys(registry, "G12") == [a["body"]["code"] for a in acts if a["authority"] == "G12"]
    assert state_files(registry) == []


def test_sent_but_not_recorded_is_found_in_the_topic(registry):
    """A pipe that stalls: everything sent so far is acknowledged and little of it recorded when the kill comes."""
    acts = many(registry, 3000)
    lines = [json.dumps(a) + "\n" for a in acts]
    state = registry.folder / "pipe.state"
    process = start(registry, "--state", state, "-", stdin=subprocess.PIPE)
    process.stdin.write("".join(lines[:2000]))
    process.stdin.flush()
    wait_until(lambda: len(registry.read("acts.H26")) >= 1000, 20, "a thousand acts in the topic")
    process.kill()
    process.communicate()
    there = len(keys(registry))
    assert 1000 <= there <= 2000
    done = registry.run("publish", "--state", state, "-", stdin="".join(lines), check=True)
    found = f"{3000 - there} sent, {there} were there already" in done.stdout
    assert found or (registry.services.secure and "cannot be read back" in done.stderr), done.stdout + done.stderr
    assert first_keys(registry) == [a["body"]["code"] for a in acts]
    assert not state.exists()


def test_a_signal_stops_it_cleanly_and_the_next_run_goes_on(registry):
    acts = many(registry, 1000)
    lines = [json.dumps(a) + "\n" for a in acts]
    state = registry.folder / "signal.state"
    process = start(registry, "--state", state, "-", stdin=subprocess.PIPE)
    process.stdin.write("".join(lines[:300]))
    process.stdin.flush()
    wait_until(lambda: len(registry.read("acts.H26")) > 0, 20, "acts in the topic")
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 3 and "signal" in process.stderr.read()  # though its input is still open
    for end in (process.stdin, process.stdout, process.stderr):
        end.close()
    registry.run("publish", "--state", state, "-", stdin="".join(lines), check=True)
    assert keys(registry) == [a["body"]["code"] for a in acts]


def interrupted(registry, state, lines):
    """A run that was killed when its state said something."""
    process = start(registry, "--state", state, "-", stdin=subprocess.PIPE)
    process.stdin.write("".join(lines))
    process.stdin.flush()
    wait_until(lambda: state.exists() and "\nacts 0 " not in state.read_text(), 20, "a state that counts")
    process.kill()
    process.communicate()


def test_another_input_is_not_taken_for_the_interrupted_one(registry):
    state = registry.folder / "other.state"
    lines = [json.dumps(a) + "\n" for a in many(registry, 6000)]
    interrupted(registry, state, lines)
    before = len(keys(registry))
    other = [json.dumps(a) + "\n" for a in many(registry, 6000, first=10000)]
    done = registry.run("publish", "--state", state, "-", stdin="".join(other))
    assert done.returncode == 2 and "--restart" in done.stderr
    short = registry.run("publish", "--state", state, "-", stdin=lines[0])
    assert short.returncode == 2
    assert len(keys(registry)) == before
    registry.run("publish", "--state", state, "--restart", "-", stdin="".join(other), check=True)
    assert keys(registry)[before:] == [json.loads(line)["body"]["code"] for line in other]


def test_state_of_topics_made_anew_is_not_used(registry):
    state = registry.folder / "anew.state"
    lines = [json.dumps(a) + "\n" for a in many(registry, 6000)]
    interrupted(registry, state, lines)
    topic = f"{registry.prefix}.acts.H26"
    registry.kafka.delete(topic)
    registry.kafka.create(topic, message_timestamp_type="LogAppendTime")
    done = registry.run("publish", "--state", state, "-", stdin="".join(lines), check=True)
    assert "6000 sent" in done.stdout and len(keys(registry)) == 6000


def test_one_run_at_a_time_has_the_state(registry):
    state = registry.folder / "locked.state"
    first = start(registry, "--state", state, "-", stdin=subprocess.PIPE)
    wait_until(lambda: os.path.exists(f"{state}.lock"), 10, "the lock")
    done = registry.run("publish", "--state", state, "-", stdin="")
    assert done.returncode == 2 and "another run" in done.stderr
    first.stdin.close()
    assert first.wait(20) == 0


def test_a_finished_file_is_published_anew(registry):
    acts = many(registry, 10)
    path = registry.acts_file(acts)
    for _ in range(2):
        assert "10 sent" in registry.run("publish", path, check=True).stdout
    assert len(keys(registry)) == 20


def test_the_broker_is_killed_in_the_middle(registry, services):
    """The producer waits for its return; nothing is lost, doubled or out of order."""
    acts = many(registry, 30000)
    lines = [json.dumps(a) + "\n" for a in acts]
    process = start(registry, "-", stdin=subprocess.PIPE)

    def feed():
        for at in range(0, len(lines), 1000):
            process.stdin.write("".join(lines[at:at + 1000]))
            process.stdin.flush()
            if at == 10000:
                fed.set()
        process.stdin.close()

    fed = threading.Event()
    feeder = threading.Thread(target=feed)
    feeder.start()
    assert fed.wait(30)
    services.kill("kafka")
    services.start("kafka")
    feeder.join(60)
    assert process.wait(60) == 0, process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    assert keys(registry) == [a["body"]["code"] for a in acts]


def test_a_broker_that_stays_away(registry, services):
    """It gives up in time, says so, and the next run goes on."""
    acts = many(registry, 4000)
    lines = [json.dumps(a) + "\n" for a in acts]
    state = registry.folder / "away.state"
    process = start(registry, "--timeout", "2s", "--state", state, "-", stdin=subprocess.PIPE)
    process.stdin.write("".join(lines[:2000]))
    process.stdin.flush()
    wait_until(lambda: len(registry.read("acts.H26")) > 0, 20, "acts in the topic")
    services.kill("kafka")
    try:
        process.stdin.write("".join(lines[2000:]))
        process.stdin.close()
    except BrokenPipeError:
        pass
    try:
        assert process.wait(30) == 3
        assert "no broker has acknowledged" in process.stderr.read()
    finally:
        process.stdout.close()
        process.stderr.close()
        services.start("kafka")
    registry.run("publish", "--state", state, "-", stdin="".join(lines), check=True)
    assert keys(registry) == [a["body"]["code"] for a in acts]
