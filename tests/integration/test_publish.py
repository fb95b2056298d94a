"""orgcode-publish against a real Kafka: what it sends, refuses and prints. No other program runs."""

import json
import os
import subprocess

import pytest
from harness.program import on_a_terminal, program_path


@pytest.fixture
def registry(make_registry):
    return make_registry(authorities=("ROOT", "H26", "G12"), migrate=False)


def keys(registry, authority):
    return [m.key.decode() for m in registry.read(f"acts.{authority}")]


def test_each_act_goes_to_its_authoritys_topic_in_order(registry):
    acts = [registry.established(f"H26.{i}") for i in range(500)]
    acts += [registry.established(f"G12.{i}", "G12") for i in range(300)]
    acts[::3] = acts[::3][::-1]
    done = registry.publish(acts, check=True)
    assert "800 acts: 800 good, 0 refused" in done.stdout and "800 sent" in done.stdout
    for authority in ("H26", "G12"):
        assert keys(registry, authority) == [a["body"]["code"] for a in acts if a["authority"] == authority]
    for m in registry.read("acts.H26"):
        assert m.value[:2] == b"\xc3\x01" and not m.headers
    assert registry.read("acts.ROOT") == []


def test_the_bad_ones_are_named_and_the_good_ones_sent(registry):
    acts = [registry.established("H26.1"), registry.established("H26.b"), "{not json", registry.established("H26.2", decision=False),
            {**registry.established("H26.3"), "colour": "red"}, registry.established("H26.4")]
    path = registry.acts_file(acts)
    done = registry.publish(path)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert [line.split(":")[1] for line in lines[:-1]] == ["2", "3", "4", "5"]
    assert lines[0].startswith(f"{path}:2: refused: GRAMMAR body.code: ") and "H26.b" in lines[0]
    assert ": FORM " in lines[1]
    assert ": refused: DECISION decision: " in lines[2]
    assert ": refused: FORM colour: " in lines[3]
    assert lines[-1].startswith("6 acts: 2 good, 4 refused") and "\033" not in done.stdout
    assert keys(registry, "H26") == ["H26.1", "H26.4"]


def test_all_or_nothing_sends_none(registry):
    acts = [registry.established("H26.1"), registry.established("H26.b"), registry.established("H26.2")]
    done = registry.publish(acts, "--all-or-nothing")
    assert done.returncode == 1 and "H26.b" in done.stdout and "sent" not in done.stdout
    text = "".join(json.dumps(a) + "\n" for a in acts)
    assert registry.run("publish", "--all-or-nothing", stdin=text).returncode == 1
    assert keys(registry, "H26") == []
    del acts[1]
    registry.publish(acts, "--all-or-nothing", check=True)
    text = "".join(json.dumps(registry.established(f"H26.5{i}")) + "\n" for i in range(3))
    registry.run("publish", "--all-or-nothing", "-", stdin=text, check=True)
    assert keys(registry, "H26") == ["H26.1", "H26.2", "H26.50", "H26.51", "H26.52"]


def test_check_needs_no_broker_and_sends_nothing(registry):
    nobody = {"ORGCODE_BOOTSTRAP": "127.0.0.1:1"}
    path = registry.acts_file([registry.established("H26.1")])
    assert registry.run("publish", "--check", path, env=nobody).returncode == 0
    assert registry.run("publish", "--check", registry.acts_file(["{}"]), env=nobody).returncode == 1
    assert keys(registry, "H26") == []


def test_an_old_code_of_an_odd_form_is_a_warning(registry):
    """LEGACY-1 never refuses: --check names the line, and the act is good."""
    acts = [registry.established(f"H26.{number}") for number in (1, 2, 3)]
    for act, code in zip(acts, ("000.00.18.H26", "000.101.18.H26", "18.H26")):
        act["body"]["info"]["legacyCode"] = code
    path = registry.acts_file(acts)
    done = registry.run("publish", "--check", path, check=True)
    lines = done.stdout.splitlines()
    assert [line.partition(": the ")[0] for line in lines[:-1]] == [f"{path}:{n}: warning: LEGACY body.info.legacyCode" for n in (2, 3)]
    assert "000.101.18.H26" in lines[0] and lines[-1].startswith("3 acts: 3 good, 0 refused, 2 with warnings")
    report = [json.loads(line) for line in registry.run("publish", "--check", "--json", path, check=True).stdout.splitlines()]
    assert [w["reason"] for line in report for w in line.get("warnings", [])] == ["legacy-wide", "legacy-form"]


def test_no_check_leaves_the_judging_to_the_registry(registry):
    acts = [registry.established("H26.b"), registry.established("H26.2", decision=False), "{not json"]
    assert registry.publish(acts, "--no-check").returncode == 1
    assert keys(registry, "H26") == ["H26.b", "H26.2"]


def test_a_json_array_and_stdin(registry):
    acts = [registry.established(f"H26.{i}") for i in range(50)]
    registry.run("publish", stdin=json.dumps(acts, indent=2), check=True)
    assert keys(registry, "H26") == [f"H26.{i}" for i in range(50)]
    done = registry.run("publish", stdin=json.dumps(acts[:2]) + "]")
    assert done.returncode == 1 and "<stdin>:1: refused: FORM" in done.stdout


def test_csv(registry):
    head = "code,effectiveOn,name,address,decision.number,decision.issuedBy,decision.issuedOn,note\r\n"
    rows = ['H26.61,2025-07-01,"Sở ""A"", minh họa","1, Hà Nội",1/QĐ,UBND,2025-07-01,\r\n',
            "H26.62,2025-07-01,B,Hà Nội,2/QĐ,UBND,2025-07-01,minh họa\r\n",
            "H26.63,2025-13-01,C,Hà Nội,2/QĐ,UBND,2025-07-01,\r\n",
            'H26.64,2025-07-01,"C"x,Hà Nội,2/QĐ,UBND,2025-07-01,\r\n',
            "H26.65,2025-07-01,C\r\n",
            "H26.66,2025-07-01,,Hà Nội,2/QĐ,UBND,2025-07-01,\r\n"]
    path = registry.folder / "units.csv"
    path.write_text("\ufeff" + head + "".join(rows), newline="")
    done = registry.run("publish", "--authority", "H26", path)
    assert done.returncode == 1
    where = [line.split(": ", 3)[:3] for line in done.stdout.splitlines()[:-1]]
    assert where == [[f"{path}:4", "refused", "FORM effectiveOn"], [f"{path}:5", "refused", "FORM cannot be read"],
                     [f"{path}:6", "refused", "FORM cannot be read"], [f"{path}:7", "refused", "INFO body.info.name"]]
    contacts = registry.folder / "contacts.csv"
    contacts.write_text("code,effectiveOn,authority,email,clear\nH26.61,2025-07-02,H26,a@example.invalid,phone\n")
    registry.run("publish", "--csv-kind", "contact_updated", contacts, check=True)
    assert keys(registry, "H26") == ["H26.61", "H26.62", "H26.61"]
    contacts.write_text("code,effectiveOn,mail\nH26.61,2025-07-02,a\n")
    done = registry.run("publish", contacts)
    assert done.returncode == 1 and f"{contacts}:1: refused: FORM" in done.stdout and "`mail`" in done.stdout


def test_repeats_within_the_file(registry):
    act = registry.established("H26.1")
    del act["actId"]
    given = registry.established("H26.2")
    other = {**given, "note": "other content"}
    done = registry.publish([act, act, given, given, other])
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert ":2: warning: IDEMPOTENT" in lines[0] and ":5: refused: IDEMPOTENT actId" in lines[1] and len(lines) == 3
    first, second = [m.value for m in registry.read("acts.H26")][:2]
    assert first[10:26] == second[10:26]  # the derived id


def test_another_authoritys_acts_are_refused_on_request(registry):
    acts = [registry.established("H26.1"), registry.established("G12.1", "G12")]
    done = registry.publish(acts, "--authority", "H26")
    assert done.returncode == 1 and ":2: refused: ACCOUNT authority: " in done.stdout
    assert keys(registry, "H26") == ["H26.1"] and keys(registry, "G12") == []


def test_json_output(registry):
    acts = [registry.established("H26.1"), registry.established("H26.b")]
    done = registry.publish(acts, "--json")
    refused, summary = [json.loads(line) for line in done.stdout.splitlines()]
    assert refused["result"] == "refused" and refused["rule"] == "GRAMMAR" and refused["line"] == 2
    assert refused["actId"] == acts[1]["actId"] and refused["authority"] == "H26"
    assert refused["faults"][0]["reason"] == "grammar-code" and set(refused["faults"][0]["message"]) == {"vi", "en"}
    assert summary["summary"] == {"acts": 2, "alreadyThere": 0, "good": 1, "refused": 1, "sent": 1, "warned": 0}


def test_messages_in_vietnamese(registry):
    path = registry.acts_file([registry.established("H26.1", decision=False)])
    assert "cần văn bản quyết định" in registry.run("publish", "--check", "--language", "vi", path).stdout
    assert "cần văn bản quyết định" in registry.run("publish", "--check", path, env={"LC_ALL": "vi_VN.UTF-8"}).stdout


def test_exit_codes(registry):
    good = registry.acts_file([registry.established("H26.1")])
    assert registry.run("publish", "--nonsense", good).returncode == 2
    assert registry.run("publish", "--check", "--no-check", good).returncode == 2
    assert registry.run("publish", "--wait-timeout", "soon", good).returncode == 2
    missing = registry.run("publish", good, registry.folder / "missing.jsonl")
    assert missing.returncode == 3 and "missing.jsonl" in missing.stderr
    assert keys(registry, "H26") == []
    unknown = registry.publish([registry.established("H27.1", "H27")])
    assert unknown.returncode == 3 and f"{registry.prefix}.acts.H27" in unknown.stderr
    nobody = registry.run("publish", good, env={"ORGCODE_BOOTSTRAP": "127.0.0.1:1"})
    assert nobody.returncode == 3 and "127.0.0.1:1" in nobody.stderr
    assert registry.run("publish", good).returncode == 0


def test_an_act_of_a_mebibyte_passes_and_a_larger_one_does_not(registry):
    def recoded(count):
        pairs = [{"from": f"H26.{'A' * 28}{i % 10}", "to": f"H26.{'B' * 20}{i:010}"} for i in range(count)]
        return registry.act("recoded", {"cause": "renumbering", "codes": pairs})
    done = registry.publish([recoded(9000), recoded(16000)], "--no-check")
    assert done.returncode == 1 and ":2: refused: FORM" in done.stdout
    assert len(registry.read("acts.H26")) == 1


def test_colours_and_progress_on_a_terminal_alone(registry):
    acts = [registry.established("H26.b")] + [registry.established(f"H26.{i}") for i in range(20000)]
    path = registry.acts_file(acts)
    out, code = on_a_terminal(registry, "publish", path)
    assert code == 1 and "\033[31mrefused\033[0m" in out and " delivered" in out and "20000 sent" in out
    out, code = on_a_terminal(registry, "publish", "--check", path, env={"NO_COLOR": "1"})
    assert code == 1 and "\033[31m" not in out
    done = registry.run("publish", "--check", path)
    assert "\033" not in done.stdout + done.stderr and "delivered" not in done.stderr
