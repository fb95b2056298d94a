"""Time is an input: scripted registries, whose stamps the test writes."""

import json


def statuses(registry):
    return dict(registry.sql("select code, status from orgcode.code"))


def verdicts(registry):
    """(act id, verdict) of each receipt, in order."""
    return [(str(i), json.loads(d)["verdict"]) for i, d in registry.sql("select act_id, data from orgcode.receipt order by number")]


def test_an_announced_act_takes_effect_at_midnight_in_hanoi(scripted):
    scripted.start("apply")
    root = scripted.established("H26", "ROOT", on="2025-06-01")
    coming = scripted.established("H26.18", on="2025-07-01")
    scripted.journal_acts([root, coming], at="2025-06-12T08:00")
    scripted.journal_tick(at="2025-06-30T23:59:59.999")
    scripted.wait_applied()
    assert statuses(scripted) == {"H26": 1, "H26.18": 0}
    assert scripted.value("select count(*) from orgcode.pending_act") == 1
    scripted.journal_tick(at="2025-07-01T00:00")
    scripted.wait_applied()
    assert statuses(scripted) == {"H26": 1, "H26.18": 1}
    assert [v for i, v in verdicts(scripted) if i == coming["actId"]] == ["announced", "accepted"]
    assert scripted.value("select count(*) from orgcode.pending_act") == 0
    assert scripted.value("select recorded_ms from orgcode.change order by sequence desc limit 1") == 1751302800000


def test_an_ordinary_record_brings_what_is_due_first(scripted):
    scripted.start("apply")
    root = scripted.established("H26", "ROOT", on="2025-06-01")
    coming = scripted.established("H26.18", on="2025-07-01")
    below = scripted.established("H26.18.1", on="2025-07-02")
    scripted.journal_acts([root, coming], at="2025-06-12T08:00")
    scripted.journal_acts([below], at="2025-07-02T09:00")
    scripted.wait_applied()
    assert [i for i, _ in verdicts(scripted)] == [root["actId"], coming["actId"], coming["actId"], below["actId"]]
    assert statuses(scripted) == {"H26": 1, "H26.18": 1, "H26.18.1": 1}


def test_held_acts_are_released_by_the_grant_in_order(scripted):
    scripted.start("apply")
    one, two = scripted.established("H26.1", on="2025-06-01"), scripted.established("H26.1.1", on="2025-06-01")
    root = scripted.established("H26", "ROOT", on="2025-06-01")
    scripted.journal_acts([one, two], at="2025-06-10T08:00")
    scripted.journal_acts([root], at="2025-06-17T07:59:59.999")
    scripted.wait_applied()
    assert verdicts(scripted) == [(one["actId"], "held"), (two["actId"], "held"), (root["actId"], "accepted"),
                                  (one["actId"], "accepted"), (two["actId"], "accepted")]


def test_held_acts_expire_after_seven_days_of_journal_time(scripted):
    scripted.start("apply")
    one = scripted.established("H26.1", on="2025-06-01")
    scripted.journal_acts([one], at="2025-06-10T08:00")
    scripted.journal_tick(at="2025-06-17T07:59:59.999")
    scripted.wait_applied()
    assert [v for _, v in verdicts(scripted)] == ["held"]
    scripted.journal_tick(at="2025-06-18T08:00")
    scripted.wait_applied()
    assert [v for _, v in verdicts(scripted)] == ["held", "rejected"]
    assert scripted.value("select count(*) from orgcode.change") == 0


def test_a_grant_that_is_announced_keeps_held_acts_waiting(scripted):
    scripted.start("apply")
    one = scripted.established("H26.1", on="2025-06-25")
    root = scripted.established("H26", "ROOT", on="2025-06-25")
    scripted.journal_acts([one, root], at="2025-06-10T08:00")
    scripted.journal_tick(at="2025-06-18T08:00")
    scripted.wait_applied()
    assert [v for _, v in verdicts(scripted)] == ["held", "announced"]
    scripted.journal_tick(at="2025-06-25T00:00")
    scripted.wait_applied()
    assert verdicts(scripted)[2:] == [(root["actId"], "accepted"), (one["actId"], "accepted")]


def test_one_record_crosses_an_expiry_and_two_days(scripted):
    scripted.start("apply")
    root = scripted.established("G12", "ROOT", on="2025-06-01")
    first = scripted.established("G12.1", "G12", on="2025-06-16")
    second = scripted.established("G12.1.1", "G12", on="2025-06-18")
    held = scripted.established("H26.1", on="2025-06-01")
    scripted.journal_acts([root, second, first], at="2025-06-10T08:00")
    scripted.journal_acts([held], at="2025-06-10T09:00")  # expires on 17 June at 9
    last = scripted.established("G12.2", "G12", on="2025-06-18")
    scripted.journal_acts([last], at="2025-06-18T10:00")
    scripted.wait_applied()
    assert verdicts(scripted)[4:] == [(first["actId"], "accepted"), (held["actId"], "rejected"),
                                      (second["actId"], "accepted"), (last["actId"], "accepted")]


def test_stamps_out_of_order_never_turn_time_back(scripted):
    scripted.start("apply")
    root = scripted.established("H26", "ROOT", on="2025-06-01")
    later, earlier = scripted.established("H26.1", on="2025-06-20"), scripted.established("H26.2", on="2025-06-20")
    scripted.journal_acts([root, later], at="2025-06-20T08:00")
    scripted.journal_acts([earlier], at="2025-06-12T08:00")  # on that clock 20 June was still to come
    scripted.wait_applied()
    assert [v for _, v in verdicts(scripted)] == ["accepted"] * 3
    recorded = [r for r, in scripted.sql("select recorded_ms from orgcode.change order by sequence")]
    assert recorded == sorted(recorded) and recorded[0] == recorded[-1]


def test_the_appenders_clock_bounds_the_brokers(scripted):
    """Journal time is the lesser of the broker's stamp and the appender's plus five minutes."""
    scripted.start("apply")
    root = scripted.established("H26", "ROOT", on="2025-06-01")
    scripted.journal_acts([root], at="2026-06-20T08:00", stamp="2025-06-20T08:00")
    scripted.wait_applied()
    assert scripted.value("select time_ms from orgcode.place") == 1750381500000  # 2025-06-20T08:05 at +07:00


def test_the_same_journal_gives_the_same_digest_whatever_the_batches(scripted):
    root = scripted.established("H26", "ROOT", on="2025-06-01")
    acts = [root] + [scripted.established(f"H26.{n}", on="2025-06-01" if n % 3 else "2025-06-15") for n in range(120)]
    acts += [scripted.act("contact_updated", {"code": f"H26.{n}", "set": {"email": f"{n}@example.vn"}}, on="2025-06-05",
                          decision=False) for n in range(1, 60)]
    scripted.journal_acts(acts, at="2025-06-10T08:00")
    scripted.journal_tick(at="2025-06-15T00:00")
    digests = []
    for size in ("2500", "7", "1"):
        apply = scripted.start("apply", "--batch-records", size)
        scripted.wait_applied(deadline=60)
        assert apply.stop() == 0
        digests.append(scripted.digest())
        scripted.sql("drop schema orgcode cascade; drop schema orgcode_ops cascade")
        scripted.run("apply", "--migrate", check=True)
    assert digests[0] == digests[1] == digests[2]
