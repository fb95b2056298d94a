"""orgcode-publish --wait, with receipts that the test writes in the registry's place."""

import json
import subprocess

import pytest
from harness.program import program_path
from harness.wait import wait_until


@pytest.fixture
def registry(make_registry):
    return make_registry(authorities=("H26", "G12"), migrate=False)


def start(registry, *args):
    return subprocess.Popen([program_path("publish"), *map(str, args)], env=registry.env, cwd=registry.folder,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def answer(registry, act, verdict, offset, origin=True, **more):
    authority = act["authority"]
    receipt = {"actId": act["actId"], "verdict": verdict, "faults": [], "faultCount": 0, "warnings": [], "number": 1, **more}
    if origin:
        receipt["origin"] = {"topic": f"{registry.prefix}.acts.{authority}", "partition": 0, "offset": offset}
    registry.kafka.send(f"{registry.prefix}.receipts.{authority}", json.dumps(receipt).encode(), act["actId"].encode())


def sent(registry, counts):
    wait_until(lambda: all(len(registry.read(f"acts.{a}")) >= n for a, n in counts.items()), 20, "the acts")


REFUSED = {"rule": "CLOSED", "faults": [{"rule": "CLOSED", "reason": "closed-code", "code": "H22", "field": "body.code",
                                         "message": {"vi": "H22 đã đóng", "en": "H22 was closed"}}]}


def test_until_every_act_has_its_verdict(registry):
    acts = [registry.established(f"H26.{i}") for i in range(4)] + [registry.established("G12.1", "G12")]
    path = registry.acts_file(acts)
    process = start(registry, "--wait", path)
    sent(registry, {"H26": 4, "G12": 1})
    answer(registry, acts[0], "accepted", 0)
    answer(registry, acts[1], "rejected", 1, **REFUSED)
    answer(registry, acts[2], "duplicate", 2)
    answer(registry, acts[4], "held", 0)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.7)
    answer(registry, acts[3], "announced", 3)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1, err
    lines = out.splitlines()
    assert lines[0] == f"{path}:2: rejected: CLOSED body.code: H22 was closed" and len(lines) == 2
    assert lines[1].endswith("5 sent; 1 accepted, 1 announced, 1 held, 1 duplicate, 1 rejected")


def test_receipts_of_others_do_not_count(registry):
    """Those of earlier publishings of the same act, those without an origin, those of acts that cannot be read."""
    act = registry.established("H26.1")
    registry.publish([act], check=True)
    path = registry.acts_file([act])
    process = start(registry, "--wait", "--json", path)
    sent(registry, {"H26": 2})
    answer(registry, act, "rejected", 0, **REFUSED)
    answer(registry, act, "annulled", 0, origin=False)
    registry.kafka.send(f"{registry.prefix}.receipts.H26", b'{"verdict":"rejected"}', None)
    registry.kafka.send(f"{registry.prefix}.receipts.H26", b"nonsense", act["actId"].encode())
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    answer(registry, act, "accepted", 1)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, out + err
    verdict, summary = [json.loads(line) for line in out.splitlines()]
    assert verdict["result"] == "accepted" and verdict["receipt"]["origin"]["offset"] == 1 and verdict["line"] == 1
    assert summary["summary"]["verdicts"] == {"accepted": 1}


def test_it_gives_up_and_the_next_run_waits_on(registry):
    acts = [registry.established(f"H26.{i}") for i in range(3)]
    path = registry.acts_file(acts)
    process = start(registry, "--wait", "--wait-timeout", "1s", path)
    sent(registry, {"H26": 3})
    answer(registry, acts[0], "accepted", 0)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 3 and "2 acts are published but had no verdict" in err
    answer(registry, acts[1], "accepted", 1)
    answer(registry, acts[2], "accepted", 2)
    done = registry.run("publish", "--wait", path, check=True)
    assert "0 sent, 3 were there already; 3 accepted" in done.stdout
    assert len(registry.read("acts.H26")) == 3


def test_without_a_receipts_topic(registry):
    registry.kafka.delete(f"{registry.prefix}.receipts.G12")
    done = registry.publish([registry.established("G12.1", "G12")], "--wait")
    assert done.returncode == 3 and f"{registry.prefix}.receipts.G12" in done.stderr
    assert registry.read("acts.G12") == []


def test_killed_and_waiting_again(registry):
    acts = [registry.established(f"H26.{i}") for i in range(5)]
    path = registry.acts_file(acts)
    process = start(registry, "--wait", path)
    sent(registry, {"H26": 5})
    for i in range(3):
        answer(registry, acts[i], "accepted", i)
    process.kill()
    process.communicate()
    for i in range(3, 5):
        answer(registry, acts[i], "conflict", i, rule="IDEMPOTENT")
    done = registry.run("publish", "--wait", path)
    assert done.returncode == 1 and "5 were there already; 3 accepted, 2 conflict" in done.stdout
    assert len(registry.read("acts.H26")) == 5


def test_verdicts_come_while_the_input_is_still_open(registry):
    process = subprocess.Popen([program_path("publish"), "--wait", "--json"], env=registry.env, cwd=registry.folder,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for i in range(2):
        act = registry.established(f"H26.{i}")
        process.stdin.write(json.dumps(act) + "\n")
        process.stdin.flush()
        sent(registry, {"H26": i + 1})
        answer(registry, act, "accepted", i)
        assert json.loads(process.stdout.readline())["actId"] == act["actId"]
    process.stdin.close()
    assert process.wait(20) == 0
    process.stdout.close()
