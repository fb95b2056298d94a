"""orgcode-replay status: what stands where, what waits, and what is wrong."""

import json

from harness import wait_until
from harness.registry import millis


def status(registry, *args, code=None, env=None):
    done = registry.run("replay", "status", "--json", *args, env=env)
    assert code is None or done.returncode == code, done.stdout + done.stderr
    found = json.loads(done.stdout)
    found["code"] = done.returncode
    found["at"] = {(p["who"], p["where"].removeprefix(registry.prefix + ".")): p for p in found["positions"]}
    return found


def healthy(registry):
    """A look at which nothing is wrong: just after the start of a program its group may still be joining."""
    return wait_until(lambda: (found := status(registry))["code"] == 0 and found, 60, lambda: f"{status(registry)['problems']}")


def test_a_registry_that_works(registry):
    registry.start_all()
    h26 = registry.established("H26", "ROOT", on="2020-09-15")
    announced = registry.established("H26.1", on="2999-01-01")
    held = registry.established("G12.1", "G12")
    registry.publish([h26], "--wait", check=True)
    registry.publish([announced], "--wait", check=True)
    registry.publish([held], "--wait")
    registry.wait_all()
    found, place = healthy(registry), registry.place()
    told = found["registry"]
    assert (told["sequence"], told["receipt"], told["record"]) == (place["sequence"], place["receipt"], place["record"])
    assert (told["changeHead"], told["receiptHead"], told["id"]) == (place["change_head"], place["receipt_head"], place["registry_id"])
    assert (told["mode"], told["rulesVersion"], told["held"], told["announced"]) == ("live", 1, 1, 1)
    assert millis(told["nextDue"]) == registry.value("select min(due_ms) from orgcode.pending_act")
    assert told["lastAct"]["actId"] == held["actId"] and told["lastAct"]["verdict"] == "held" and told["databaseBytes"] > 1_000_000
    assert {g["group"]: g["members"] for g in found["groups"]} == {f"{registry.prefix}.validate": 1, f"{registry.prefix}.apply": 1}
    assert found["at"]["validate", "acts.H26"]["place"] == 1 == found["at"]["validate", "acts.H26"]["end"]
    assert found["at"]["apply", "journal"]["place"] == registry.journal_end()
    assert found["at"]["notify", "changes"]["place"] == place["sequence"] and found["at"]["notify", "receipts"]["place"] == place["receipt"]
    assert all(p["lagRecords"] == p["lagSeconds"] == 0 for p in found["positions"]) and found["problems"] == []
    assert {t["topic"] for t in found["topics"]} == set(registry.kafka.topics(registry.prefix + "."))
    text = registry.run("replay", "status")
    assert text.returncode == 0 and "nothing is wrong" in text.stdout and place["change_head"] in text.stdout
    watch = registry.start("replay", "status", "--watch", "--interval", "100ms", "--json", label="watch")
    wait_until(lambda: len([x for x in watch.log_lines() if "positions" in x]) >= 3, 60, "three looks")
    assert watch.stop() == 0


def test_what_stands_still_is_named(registry):
    registry.start_all()
    registry.publish([registry.established("H26", "ROOT", on="2020-09-15")], "--wait", check=True)
    registry.wait_all()
    healthy(registry)
    assert registry["validate"].stop() == 0
    for _ in range(3):
        registry.send_act_bytes("H26", b"waits")
    found = status(registry, code=1)
    at = found["at"]["validate", "acts.H26"]
    assert (at["place"], at["end"], at["lagRecords"], at["stands"]) == (0, 3, 3, True) and at["lagSeconds"] >= 0
    assert any("no orgcode-validate runs" in p for p in found["problems"])
    assert any(f"validate stands at 0 of {registry.prefix}.acts.H26 0, 3 wait: its group has no member" in p for p in found["problems"])
    registry["apply"].pause()  # a member still, for a while
    registry["validate"].start()
    registry.wait_validated()
    found = wait_until(lambda: (f := status(registry))["at"]["apply", "journal"]["stands"] and f, 60, "apply stands")
    assert found["code"] == 1 and found["at"]["apply", "journal"]["lagRecords"] == 3
    registry["notify"].pause()
    registry["apply"].resume()
    registry.wait_applied()
    found = status(registry, code=1)
    assert found["at"]["notify", "receipts"]["lagRecords"] == 3 and found["at"]["notify", "receipts"]["stands"]
    assert any("orgcode-notify does not run" in p for p in found["problems"])
    registry["notify"].resume()
    registry.wait_notified(60)
    healthy(registry)


def test_what_is_not_there_is_named(registry):
    missing = status(registry, code=1)
    assert any("no orgcode-apply runs" in p for p in missing["problems"]) and missing["registry"] is not None
    assert any("has not read a genesis record" in p for p in missing["problems"])
    registry.kafka.delete(f"{registry.prefix}.receipts.G12", f"{registry.prefix}.rejected")
    registry.sql("update orgcode.place set next_offset = 99")
    problems = "\n".join(status(registry, code=1)["problems"])
    assert f"there is no topic {registry.prefix}.rejected" in problems
    assert f"{registry.prefix}.acts.G12 has no topic of receipts" in problems
    assert f"apply is at 99 of {registry.prefix}.journal 0, which ends at 1" in problems
    nowhere = status(registry, code=3, env={"ORGCODE_PG": "host=127.0.0.1 port=1 dbname=none"})
    assert nowhere["registry"] is None and nowhere["topics"] and any("the database:" in p for p in nowhere["problems"])
