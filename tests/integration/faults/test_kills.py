"""Everything is killed at random while agencies publish; `long` in this folder is the same for longer.

ORGCODE_FAULTS_SEED repeats a run's load and strikes (not their timing to the millisecond).
"""

import os
import random

import pytest
from storm import WEIGHTS, Storm

SEED = int(os.environ.get("ORGCODE_FAULTS_SEED") or random.SystemRandom().getrandbits(31))
STORMS = {"scripted": 28, "live": 12}  # kills: days pass, then a registry of today


@pytest.mark.slow
@pytest.mark.noasan
def test_nothing_is_lost_double_or_out_of_order(make_registry, services, capsys):
    rng = random.Random(SEED)
    with capsys.disabled():
        print(f"\nseed {SEED}", flush=True)
    for mode, kills in STORMS.items():
        storm = Storm(make_registry, services, rng.getrandbits(31), kills, mode=mode)
        counts = storm.run()
        with capsys.disabled():
            print(f"seed {SEED}, {mode}: {storm.victims_text()}; {counts}")
        assert counts["accepted"] > 20, counts
        assert set(storm.killed) == set(WEIGHTS), "each of them is killed at least once"
