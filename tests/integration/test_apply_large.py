"""Large acts and many at once: transactions stay bounded, and the memory that apply ever had."""

import os

import pytest
from harness import wait_until

LIMIT_KIB = 64 * 1024  # when all is done
PEAK_KIB = 80 * 1024  # ever: what the reader holds ready meanwhile comes on top, more of it on a busy machine
MEASURED = not os.environ.get("ORGCODE_TEST_SLOW")  # sanitizers take memory of their own


def filled(registry, codes, at="2025-06-10T08:00"):
    registry.journal_acts([registry.established("H26", "ROOT", on="2025-01-01")], at=at)
    registry.journal_acts([registry.established(c, on="2025-06-01") for c in codes], at=at)


def last_receipt(registry):
    return registry.sql("select verdict, data::json -> 'sequences' ->> 'first', data::json -> 'sequences' ->> 'last'"
                        " from orgcode.receipt order by number desc limit 1")[0]


def written(apply):
    """Transactions so far, once the last of them is counted."""
    counts = []
    wait_until(lambda: counts.append(apply.metrics()["orgcode_apply_transactions_total"]) or counts[-3:] == counts[-1:] * 3, 20, every=0.1)
    return counts[-1]


@pytest.fixture
def apply(scripted, request):
    program = scripted.start("apply", "--metrics-listen", "127.0.0.1:0")
    yield program
    assert program.running
    peak = program.peak_kib()
    print(f"{request.node.name}: at most {peak} KiB resident")
    if MEASURED:
        assert peak <= PEAK_KIB and program.resident_kib() <= LIMIT_KIB


def test_an_act_of_ten_thousand_codes(scripted, apply):
    filled(scripted, [f"H26.{n}" for n in range(5000)])
    recoded = scripted.act("recoded", {"cause": "renumbering", "codes": [{"from": f"H26.{n}", "to": f"H26.A{n}"} for n in range(5000)]})
    scripted.journal_acts([recoded], at="2025-07-01T08:00")
    scripted.wait_applied(deadline=60)
    verdict, first, last = last_receipt(scripted)
    assert verdict == 1 and int(last) - int(first) + 1 == 10000
    assert scripted.value("select count(*) from orgcode.code where status = 2") == 5000
    scripted.journal_acts([scripted.act("annulled", {"annuls": recoded["actId"], "reason": "entryError"})], at="2025-07-01T09:00")
    scripted.wait_applied(deadline=60)
    verdict, first, last = last_receipt(scripted)
    assert verdict == 8 and int(last) - int(first) + 1 == 10000
    assert scripted.value("select count(*) from orgcode.code where status = 1") == 5001


def test_a_deep_tree_is_closed_by_one_act(scripted, apply):
    codes, level = [], ["H26.1"]
    while len(codes) + len(level) < 10000:  # a tree of three, nine deep
        codes += level
        level = [f"{c}.{n}" for c in level for n in (1, 2, 3)]
    codes += level[:10000 - len(codes)]
    filled(scripted, codes)
    closed = scripted.act("closed", {"code": "H26.1", "withUnits": True})
    scripted.journal_acts([closed], at="2025-07-01T08:00")
    scripted.wait_applied(deadline=60)
    verdict, first, last = last_receipt(scripted)
    assert verdict == 1 and int(last) - int(first) + 1 == 10000
    assert scripted.sql("select code from orgcode.code where status = 1") == [("H26",)]


def test_ten_thousand_acts_that_fall_due_at_once(scripted, apply):
    filled(scripted, [])
    scripted.journal_acts([scripted.established(f"H26.{n}", on="2025-07-01") for n in range(10000)], at="2025-06-10T09:00")
    scripted.wait_applied(deadline=60)
    assert scripted.value("select count(*) from orgcode.pending_act") == 10000
    before, transactions = scripted.value("select sequence from orgcode.place"), written(apply)
    scripted.journal_tick(at="2025-07-01T00:00")
    scripted.wait_applied(deadline=60)
    assert 10 <= written(apply) - transactions <= 12  # a thousand in each
    assert scripted.value("select count(*) from orgcode.pending_act") == 0
    assert scripted.value("select count(*) from orgcode.code where status = 1") == 10001
    assert scripted.value("select sequence from orgcode.place") == before + 10000


def test_ten_thousand_held_acts_released_by_one_grant(scripted, apply):
    scripted.journal_acts([scripted.established(f"H26.{n}", on="2025-06-01") for n in range(10001)], at="2025-06-10T09:00")
    scripted.wait_applied(deadline=60)
    assert scripted.value("select count(*) from orgcode.pending_act") == 10000
    assert last_receipt(scripted)[0] == 6  # FULL
    transactions = written(apply)
    scripted.journal_acts([scripted.established("H26", "ROOT", on="2025-01-01")], at="2025-06-11T09:00")
    scripted.wait_applied(deadline=60)
    assert scripted.value("select count(*) from orgcode.pending_act") == 0
    assert scripted.value("select count(*) from orgcode.code where status = 1") == 10001
    assert 10 <= written(apply) - transactions <= 12
