"""Random journals through apply's engine: what the tables hold does not depend on how many records a transaction had,
nor on whether one is written while the next is prepared."""

import subprocess
import sys

import pytest

from harness.program import BUILD
from harness.services import ROOT

TABLES = ("place", "origin_mark", "scheme", "code", "code_version", "succession", "act", "pending_act", "change", "receipt")
SEEDS = range(1, 13)


def run(registry, journal, *how):
    registry.sql("truncate orgcode." + ", orgcode.".join(TABLES) + "; insert into orgcode.place default values")
    done = subprocess.run([BUILD / "tests/orgcode-sim-store", registry.conninfo, *map(str, how)], input=journal, text=True,
                          capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return {t: sorted(str(r) for r, in registry.sql(f"select t::text from orgcode.{t} t")) for t in TABLES}


@pytest.fixture
def database(make_registry):
    return make_registry(mode="scripted", authorities=(), genesis=False)


@pytest.mark.parametrize("seed", SEEDS)
def test_tables_are_the_same_for_every_batch_size(database, seed):
    journal = subprocess.run([sys.executable, "-B", ROOT / "tests/sim/journal_gen.py", str(seed), "150"], text=True,
                             capture_output=True, check=True).stdout
    whole = run(database, journal, 100000)
    for how in ((1,), (1, "apart"), (7, "apart")):  # apart: one is written while the next is prepared
        parts = run(database, journal, *how)
        for table in TABLES:
            assert parts[table] == whole[table], f"{table}, seed {seed}, {how}"
