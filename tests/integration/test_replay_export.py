"""orgcode-replay export and import: the journal as a file, and the same registry made of it elsewhere."""

import datetime
import gzip
import json

import pytest
from harness import Registry, Services, wait_until


def replay(registry, *args, check=True, **more):
    done = registry.run("replay", *args, check=check, **more)
    return done


def digest(registry):
    done = replay(registry, "verify", "--digest", "--json")
    return json.loads(done.stdout.splitlines()[-1])["digest"]


def refused(registry, code, text, *args, **more):
    done = replay(registry, *args, check=False, **more)
    assert done.returncode == code and text in done.stderr, (done.returncode, done.stderr)


def records(registry):
    """The journal without offsets."""
    return [(m.key, m.value, m.header_list, m.timestamp) for m in registry.read("journal")]


def wait_taken(registry):
    """Until apply has taken the last record that can be read (behind it a transaction's marker stands)."""
    last = registry.read("journal")[-1].offset
    wait_until(lambda: registry.value("select next_offset from orgcode.place") > last, 60, lambda: f"taken\n{registry.tails()}")


def elsewhere(make_registry, **more):
    """An empty registry that an import may fill."""
    return make_registry(mode="scripted", genesis=False, **more)


@pytest.fixture
def other_cluster(tmp_path):
    services = Services(tmp_path / "other")
    try:
        services.start()
        yield services
    finally:
        services.clean()


def lived_in(registry):
    """A registry with all sorts of records, at rest."""
    registry.start_all()
    tomorrow = (datetime.date.today() + datetime.timedelta(days=2)).isoformat()
    first = [registry.established("H26", "ROOT"), registry.established("G12", "ROOT")]
    second = [registry.established("H26.18"), registry.established("H26.99.1"), registry.established("H26.20", on=tomorrow)]
    registry.publish(first, "--wait", check=True)
    registry.publish(second, "--wait")
    registry.send_act_bytes("G12", b"not an act")
    registry.kafka.send(f"{registry.prefix}.journal", b"what is this", headers=[("x", None)])
    registry["validate"].kill()
    registry["apply"].kill()
    registry["validate"].start()
    registry["apply"].start()
    registry.publish(second[:1], "--wait", check=True)  # a duplicate
    registry.wait_all()
    for program in registry.programs.values():
        program.stop()


@pytest.mark.noasan
def test_a_registry_moves_to_another_cluster_and_lives_on(registry, other_cluster, make_registry, tmp_path):
    lived_in(registry)
    here, file = digest(registry), tmp_path / "journal.gz"
    replay(registry, "export", file)
    moved = Registry(other_cluster, tmp_path / "moved", mode="scripted", genesis=False)
    try:
        moved.prefix = moved.env["ORGCODE_PREFIX"] = registry.prefix
        moved.add_authorities("ROOT", "H26", "G12")
        replay(moved, "import", file)
        assert records(moved) == records(registry)
        apply = moved.start("apply")
        wait_taken(moved)
        assert digest(moved) == here and moved.digest() == registry.digest()
        replay(moved, "import", "--compare", file)

        replay(moved, "control", "live")
        moved.start("validate")
        moved.start("notify")
        # The same topics as at home, begun anew: the first acts are decided at once.
        more = [moved.established("H26.30"), moved.established("H26.31")]
        assert moved.publish(more, "--wait").returncode == 0
        moved.wait_all()
        mine = {r["actId"]: r for r in moved.receipts("H26")}
        assert [mine[a["actId"]]["verdict"] for a in more] == ["accepted", "accepted"]
        recreated = ["topic-recreated" in [w["reason"] for w in mine[a["actId"]]["warnings"]] for a in more]
        assert recreated == [True, False]
        assert [int(c["sequence"]) for c in moved.changes()] == list(range(1, moved.place()["sequence"] + 1))
        for program in moved.programs.values():
            assert program.stop() == 0

        # And on, with the end of the first import and what came live behind it.
        again, there = tmp_path / "again.gz", digest(moved)
        replay(moved, "export", again)
        third = elsewhere(make_registry)
        replay(third, "import", again)
        third.start("apply")
        wait_taken(third)
        assert digest(third) == there
        replay(third, "import", "--compare", again)

        # A live journal takes no times of its writers.
        moved.kafka.configure(f"{moved.prefix}.journal", message_timestamp_type="CreateTime")
        apply.start()
        wait_until(lambda: moved.kafka.send(f"{moved.prefix}.journal", b"", headers=[("oc-kind", "tick"), ("oc-stamp", "1")])
                   is not None and not apply.running, 60, "apply stops", every=0.3)
        assert apply.wait() == 4 and "journal-time" in apply.log_text()
    finally:
        moved.close()


def scripted_journal(registry, mode="live", ticks=5000):
    """A journal as one of a live registry looks that was imported; an act falls due in the middle of it."""
    genesis = {"registryId": "8a8f2d9e-2b8e-4f0e-9a40-3d3fd33a1b11", "epoch": 1, "mode": mode}
    h26, unit = registry.established("H26", "ROOT", on="2025-06-01"), registry.established("H26.18", on="2025-07-01")
    late = [registry.record_tick(f"2025-07-01T00:{i // 60 % 60:02}:{i % 60:02}") for i in range(600)]
    early = [registry.record_tick("2025-06-12T08:00")] * (ticks - 600)
    registry.journal([registry._record("genesis", 1735689600000, json.dumps(genesis).encode())])
    registry.journal_acts([h26, unit], at="2025-06-12T08:00")
    registry.journal(early + late)


def test_an_import_that_is_killed_goes_on(make_registry, tmp_path):
    source, target, file = make_registry(mode="scripted", genesis=False), elsewhere(make_registry), tmp_path / "journal.gz"
    scripted_journal(source)
    source.start("apply")
    wait_taken(source)
    replay(source, "export", file)
    assert file.exists() and not (tmp_path / "journal.gz.part").exists()
    plan = json.loads(replay(target, "import", file, "--dry-run", "--json").stdout)["plan"]
    assert (plan["records"], plan["there"]) == (5003, 0)
    assert target.journal_end() == 0
    refused(target, 1, "is over", "import", file, "--at", "1-nothing")
    # Killed with records sent and none of them kept, then behind the first part, then with the second one under way.
    for point, there in (("import-sent", 0), ("import-committed", 2000), ("import-sent", 2000)):
        assert replay(target, "import", file, check=False, env={"ORGCODE_CRASH_AT": point}).returncode == -9
        wait_until(lambda want=there: len(target.read("journal")) == want, 30, "what was committed")
        if there and "apply" not in target.programs:
            target.start("apply")  # reads what there is, and appends nothing although an act is overdue
    wait_taken(target)
    plan = json.loads(replay(target, "import", file, "--dry-run", "--json").stdout)["plan"]
    assert (plan["records"], plan["there"]) == (5003, 2000)
    replay(target, "import", file, "--at", plan["head"])
    assert records(target) == records(source)
    wait_taken(target)
    assert digest(target) == digest(source)  # the act that fell due in the middle of it, too
    assert target.value("select status from orgcode.code where code = 'H26.18'") == 1
    # Once more: there is nothing left to write.
    assert '"written":0' in replay(target, "import", file, "--json").stdout.replace(" ", "")
    replay(target, "import", "--compare", file)
    target.journal_tick("2025-07-02T08:00")
    refused(target, 1, "goes on", "import", file)
    replay(target, "control", "live")
    refused(target, 1, "times of its own", "import", file)


def test_files_that_are_not_right_are_refused_before_anything_is_written(make_registry, tmp_path):
    source, target, file = make_registry(mode="scripted", genesis=False), elsewhere(make_registry), tmp_path / "journal.gz"
    scripted_journal(source, "scripted", ticks=3000)
    with open(file, "wb") as out:  # by way of a pipe
        out.write(replay_bytes(source, "export", "-"))
    whole, bad = file.read_bytes(), tmp_path / "bad.gz"
    plain = gzip.decompress(whole)
    middle = len(plain) // 2

    def trial(data, text, code=1):
        bad.write_bytes(data)
        refused(target, code, text, "import", bad)
        assert target.journal_end() == 0

    trial(b"", "ends too early")
    trial(b"hello, I am no archive", "no gzip file")
    trial(gzip.compress(b"hello, I am no archive"), "not a journal")
    trial(whole[:-1], "ends too early")
    trial(whole[:len(whole) // 2], "ends too early")
    trial(whole + b"x", "behind the end")
    trial(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:], "damaged")
    trial(gzip.compress(plain[:middle] + bytes([plain[middle] ^ 1]) + plain[middle + 1:]), "checksum")
    trial(gzip.compress(plain[:middle]), "ends too early")
    refused(target, 1, "No such file", "import", tmp_path / "nothing.gz")
    refused(source, 1, "is there already", "export", file)
    refused(target, 4, "not of", "import", file, "--registry-id", "8a8f2d9e-2b8e-4f0e-9a40-000000000000")
    assert target.journal_end() == 0
    # The standard input is read once: what is found right is written, and a whole file goes on.
    done = replay_bytes(target, "import", "-", stdin=whole[:len(whole) * 3 // 4], code=1)
    assert done == b"" or b"plan" in done
    replay_bytes(target, "import", "-", stdin=whole)
    assert records(target) == records(source)
    # Not into another's journal, nor into one that gives times of its own.
    third = make_registry(mode="scripted")
    refused(third, 4, "is not record 1", "import", file)
    third.kafka.configure(f"{third.prefix}.journal", message_timestamp_type="LogAppendTime")
    refused(third, 1, "times of its own", "import", file)
    refused(third, 1, "there is no topic", "import", file, "--prefix", f"{third.prefix}.nowhere")


def replay_bytes(registry, *args, stdin=b"", code=0):
    import subprocess

    from harness.program import program_path
    done = subprocess.run([program_path("replay"), *args], env=registry.env_of("replay", args), input=stdin, capture_output=True, timeout=120)
    assert done.returncode == code, done.stderr.decode()
    return done.stdout


def test_no_other_writer_comes_between(make_registry, tmp_path):
    source, target, file = make_registry(mode="scripted", genesis=False), elsewhere(make_registry), tmp_path / "journal.gz"
    scripted_journal(source, ticks=3000)
    replay(source, "export", file)
    point = {"ORGCODE_CRASH_AT": "import-committed", "ORGCODE_CRASH_SIGNAL": "STOP", "ORGCODE_CRASH_FILE": str(tmp_path / "once")}
    (tmp_path / "once").touch()
    stopped = target.start("replay", "import", file, env=point)
    wait_until(lambda: len(target.read("journal")) == 2000 and stopped._state() in "Tt", 30, "stopped behind the first part")
    target.journal_tick("2025-06-12T08:00:01")
    stopped.resume()
    assert stopped.wait(60) == 4 and "another writer" in stopped.log_text()
    refused(target, 4, "is not record 2001", "import", file)
