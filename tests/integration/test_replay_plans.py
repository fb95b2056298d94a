"""A plan of orgcode-replay is of one deed: another command, or another word, does not take its head."""

import json


def plan(registry, *args, code=0):
    done = registry.run("replay", *args, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[0])["plan"]["head"] if code == 0 else done.stderr


def test_of_accounts(registry):
    head = plan(registry, "authority", "add", "H64", "--dry-run")
    assert plan(registry, "authority", "add", "H64", "--dry-run") == head
    others = [("suspend", "H64"), ("add", "H65"), ("add", "H64", "--certify", "/bin/true"), ("add", "H64", "--replicas", "2")]
    for words in others:
        assert "nothing was changed" in plan(registry, "authority", *words, "--at", head, code=1)
    assert f"{registry.prefix}.acts.H64" not in registry.kafka.topics(registry.prefix)
    plan(registry, "authority", "add", "H64", "--at", head)
    assert f"{registry.prefix}.acts.H64" in registry.kafka.topics(registry.prefix)
    assert "nothing was changed" in plan(registry, "authority", "add", "H64", "--at", head, code=1)
