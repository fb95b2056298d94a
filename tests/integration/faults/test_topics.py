"""Topics deleted and made anew: an authority's, whose acts are decided all the same, and the journal, at which apply stops."""

import pytest
from harness import wait_until
from harness.load import OUTAGE
from harness.oracle import Oracle
from journals import cut
from test_pauses import begin, said
from storm import settle

ACTS = dict(message_timestamp_type="LogAppendTime", max_message_bytes=2097152)
JOURNAL = dict(message_timestamp_type="CreateTime", max_message_bytes=2162688)


def make_anew(registry, topic, **config):
    registry.kafka.delete(topic)
    registry.kafka.create(topic, **config)


@pytest.mark.parametrize("running", [True, False], ids=["while it is read", "while nobody reads"])
def test_the_topic_of_an_authority(make_registry, running):
    """What was taken from the old one stays; the new one is decided from its first record, with a warning; others flow on."""
    registry, agencies = begin(make_registry, 51, 60, groups=1)
    for name in ("validate", "apply", "notify"):
        registry.start(name)
    agencies.start().wait()
    registry.wait_all()
    decided = registry.value("select receipt from orgcode.place")
    if not running:
        assert registry["validate"].stop() == 0
    topic = f"{registry.prefix}.acts.ROOT"
    old = registry.acts_ends()["ROOT"]
    assert old > 5
    make_anew(registry, topic, **ACTS)
    more = [registry.established(code, "ROOT", on="2025-01-01", publishedAt="2025-07-01T00:00:00.000+07:00")
            for code in ("H05", "H06", "H07")]
    frames = registry.frames(more)
    agencies.load.act_of.update(zip(frames, more))
    registry.kafka.send_many(topic, [dict(value=frame) for frame in frames])
    if not running:
        registry["validate"].start()
    wait_until(lambda: registry.value("select receipt from orgcode.place") >= decided + 3, 60, "the new topic's acts are decided")
    registry.wait_notified()
    told = registry.receipts()[decided:]
    assert [r["actId"] for r in told] == [act["actId"] for act in more]
    assert [[w["reason"] for w in r["warnings"]].count("topic-recreated") for r in told] == [1, 0, 0]
    if running:  # else the broker has forgotten the group's place in the old one
        assert said(registry["validate"], "the topic was made anew")
    settle(registry)
    oracle = Oracle(registry, agencies.load.act_of)
    oracle.check_receipts(origins=False)
    oracle.check_changes()
    oracle.check_directory()
    oracle.check_state()


def filled(make_registry, count=6):
    """A registry whose apply has read `count` records behind the genesis record, each a batch of its own."""
    registry = make_registry(mode="scripted")
    for number in range(count):
        registry.journal_tick(at=f"2025-07-01T00:0{number}")
    apply = registry.start("apply")
    registry.wait_applied(count + 1)
    return registry, apply


def grow(registry, count, genesis=True):
    """Another history."""
    if genesis:
        registry.journal([registry.record_genesis(0)])
    for number in range(count):
        registry.kafka.send_many(f"{registry.prefix}.journal", [registry.record_tick(f"2025-08-01T00:{number:02}")], OUTAGE)


def stops(registry, apply, *words):
    """It ends with code 4, the journal's name and one of the words; nothing was written."""
    place = registry.place()
    wait_until(lambda: not apply.running, 60, lambda: f"it ends; {place}, now {registry.place()}\n{apply.tail()}")
    assert apply.process.returncode == 4, apply.tail()
    text = apply.tail(1)
    assert f"{registry.prefix}.journal" in text and any(word in text for word in words), text
    assert registry.place() == place


@pytest.mark.parametrize("regrown", [0, 3, 20])
def test_the_journal_made_anew_while_apply_reads_it(make_registry, regrown):
    registry, apply = filled(make_registry)
    make_anew(registry, f"{registry.prefix}.journal", **JOURNAL)
    if regrown:
        grow(registry, regrown)
    stops(registry, apply, "out-of-range", "other-journal", "other-registry", "journal-lost")


@pytest.mark.parametrize("regrown", [0, 3, 20])
def test_the_journal_made_anew_while_apply_is_down(make_registry, regrown):
    registry, apply = filled(make_registry)
    assert apply.stop() == 0
    make_anew(registry, f"{registry.prefix}.journal", **JOURNAL)
    if regrown:
        grow(registry, regrown)
    stops(registry, apply.start(), "other-registry" if regrown else "journal-lost")


@pytest.mark.noasan
@pytest.mark.parametrize("regrown, running", [(0, False), (2, False), (2, True), (10, True)])
def test_the_journal_cut_shorter(make_registry, services, regrown, running):
    """The end of the journal is lost with a machine's disk; others write on where it ends now."""
    registry, apply = filled(make_registry)
    if running:
        apply.pause()
    else:
        assert apply.stop() == 0
    services.kill("kafka")
    cut(services, f"{registry.prefix}.journal", 4)
    services.start("kafka")
    wait_until(lambda: registry.journal_end() == 4, 60, "the journal is shorter")
    grow(registry, regrown, genesis=False)
    if running:
        apply.resume()
    else:
        apply.start()
    if regrown == 2:  # as far as the record that apply took last, and not beyond it: nothing to compare yet
        if not running:
            wait_until(lambda: said(apply, "the journal ends before the record"), 60, apply.tail)
        grow(registry, 1, genesis=False)
    stops(registry, apply, "out-of-range", "other-journal")
