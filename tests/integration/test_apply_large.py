"""Large acts and many at once: transactions and memory stay bounded."""

import os

import pytest

LIMIT_KIB = 64 * 1024
MEASURED = not os.environ.get("ORGCODE_TEST_SLOW")  # sanitizers take memory of their own


def filled(registry, codes, at="2025-06-10T08:00"):
    registry.journal_acts([registry.established("H26", "ROOT", on="2025-01-01")], at=at)
    registry.journal_acts([registry.established(c, on="2025-06-01") for c in codes], at=at)


def last_receipt(registry):
    return registry.sql("select verdict, data::json -> 'sequences' ->> 'first', data::json -> 'sequences' ->> 'last'"
                        " from orgcode.receipt order by number desc limit 1")[0]


@pytest.fixture
def apply(scripted):
    program = scripted.start("apply")
    yield program
    assert program.running
    if MEASURED:
        assert program.resident_kib() <= LIMIT_KIB


def test_an_act_of_ten_thousand_codes(scripted, apply):
    filled(scripted, [f"H26.{n}" for n in range(5000)])
    recoded = scripted.act("recoded", {"cause": "renumbering", "codes": [{"from": f"H26.{n}", "to": f"H26.A{n}"} for n in range(5000)]})
    scripted.journal_acts([recoded], at="2025-07-01T08:00")
    scripted.wait_applied(deadline=60)
    verdict, first, last = last_receipt(scripted)
    assert verdict == 1 and int(last) - int(first) + 1 == 10000
    assert scripted.value("select count(*) from orgcode.code where status = 2") == 5000


def test_a_deep_tree_is_closed_by_one_act(scripted, apply):
    codes, level = [], ["H26.1"]
    while len(codes) + len(level) < 3000:  # a tree of three, eight deep
        codes += level
        level = [f"{c}.{n}" for c in level for n in (1, 2, 3)]
    codes += level[:3000 - len(codes)]
    filled(scripted, codes)
    closed = scripted.act("closed", {"code": "H26.1", "withUnits": True})
    scripted.journal_acts([closed], at="2025-07-01T08:00")
    scripted.wait_applied(deadline=60)
    verdict, first, last = last_receipt(scripted)
    assert verdict == 1 and int(last) - int(first) + 1 == 3000
    assert scripted.sql("select code from orgcode.code where status = 1") == [("H26",)]


def test_ten_thousand_acts_that_fall_due_at_once(scripted, apply):
    filled(scripted, [])
    scripted.journal_acts([scripted.established(f"H26.{n}", on="2025-07-01") for n in range(10000)], at="2025-06-10T09:00")
    scripted.wait_applied(deadline=60)
    assert scripted.value("select count(*) from orgcode.pending_act") == 10000
    before = scripted.value("select sequence from orgcode.place")
    scripted.journal_tick(at="2025-07-01T00:00")
    scripted.wait_applied(deadline=60)
    assert scripted.value("select count(*) from orgcode.pending_act") == 0
    assert scripted.value("select count(*) from orgcode.code where status = 1") == 10001
    assert scripted.value("select sequence from orgcode.place") == before + 10000


def test_ten_thousand_held_acts_released_by_one_grant(scripted, apply):
    scripted.journal_acts([scripted.established(f"H26.{n}", on="2025-06-01") for n in range(10001)], at="2025-06-10T09:00")
    scripted.wait_applied(deadline=60)
    assert scripted.value("select count(*) from orgcode.pending_act") == 10000
    assert last_receipt(scripted)[0] == 6  # FULL
    scripted.journal_acts([scripted.established("H26", "ROOT", on="2025-01-01")], at="2025-06-11T09:00")
    scripted.wait_applied(deadline=60)
    assert scripted.value("select count(*) from orgcode.pending_act") == 0
    assert scripted.value("select count(*) from orgcode.code where status = 1") == 10001
