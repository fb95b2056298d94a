"""orgcode-replay swap: the rebuilt registry becomes the live one under a load; nothing is lost, and nobody is told anything twice."""

import random

import pytest

from harness import wait_until
from harness.load import Load
from harness.oracle import Oracle
from test_faults import Loader
from test_replay_rebuild import digest, replay, same

PATIENT = ("--wait", "120s", "--locked-max", "1s")  # a busy machine; what was measured is told


def start(registry):
    for label in ("validate", "apply", "apply-2", "notify"):
        registry.start(label.partition("-")[0], label=label)


def settle(registry):
    registry.wait_all(deadline=120)
    for label in ("validate", "apply", "apply-2", "notify"):
        assert registry[label].stop() == 0, registry[label].tail()


def swap(registry, *args, patient=PATIENT):
    lines = replay(registry, "swap", *args, *patient)
    assert [next(iter(line)) for line in lines] == ["plan", "equal", "done"]
    return lines[-1]["done"]


def test_back_and_forth_under_load(make_registry, capsys):
    load = Load(31, 800, groups=2)
    registry = make_registry(mode="scripted", authorities=load.authorities)
    load.frame(registry)
    start(registry)
    loader, done = Loader(registry, load, 20), []
    try:
        wait_until(lambda: registry.place()["sequence"] > 20, 60)
        replay(registry, "rebuild", "--into", "second")
        done.append(swap(registry, "--schema", "second"))
        done.append(swap(registry, "--back"))
        follower = registry.start("replay", "rebuild", "--into", "third", "--follow", "--json")
        wait_until(lambda: '"done"' in follower.log_text(), 60, "the rebuild at the journal's end")
        done.append(swap(registry, "--schema", "third", "--drop-before"))
        assert follower.wait() == 0
        done.append(swap(registry, "--back"))
        done.append(swap(registry, "--back"))
    finally:
        loader.finish()
    settle(registry)
    assert Oracle(registry, load.act_of).check(load.sent)["accepted"] > 100
    replay(registry, "rebuild", "--into", "last")
    same(registry, "last")
    with capsys.disabled():
        print("\nlocked for", ", ".join(f"{d['locked_us'] / 1000:.1f} ms ({d['tries']})" for d in done))
