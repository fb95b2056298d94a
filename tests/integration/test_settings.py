"""What holds for every program: ways to name the database, the form of the log, what a line of it tells."""

import json
import subprocess
import urllib.parse

import pytest
from harness import wait_until
from harness.program import on_a_terminal, program_path
from psycopg2.extensions import parse_dsn

VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE", "password": "PGPASSWORD", "passfile": "PGPASSFILE",
             "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY"}


def uri_of(words):
    path = "postgresql://{user}@{host}:{port}/{dbname}".format(**{k: urllib.parse.quote(words[k], safe="") for k in ("user", "host", "port", "dbname")})
    rest = {k: v for k, v in words.items() if k not in ("user", "host", "port", "dbname")}
    return path + "?" + urllib.parse.urlencode(rest)


@pytest.mark.parametrize("way", ["a URI", "words", "PG* variables", "a URI without a database, and PGDATABASE"])
def test_ways_to_name_the_database(registry, way):
    words = parse_dsn(registry.conninfo)
    variables = {VARIABLES[k]: v for k, v in words.items() if k in VARIABLES}
    env = {k: v for k, v in registry.env.items() if k != "ORGCODE_PG"}
    option, more = {"a URI": (["--pg", uri_of(words)], {}),
                    "words": (["--pg", registry.conninfo], {}),
                    "PG* variables": ([], variables),
                    "a URI without a database, and PGDATABASE": (["--pg", uri_of({**words, "dbname": ""})], {"PGDATABASE": words["dbname"]})}[way]

    def run(env):
        return subprocess.run([program_path("replay"), "verify", "--digest", "--json", *option], env=env, cwd=registry.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    done = run({**env, **more})
    assert done.returncode == 0 and len(json.loads(done.stdout.splitlines()[-1])["digest"]) == 64, done.stderr
    if more:  # it is they that lead there
        assert run({**env, **more, "PGDATABASE": "nowhere"}).returncode != 0


def act_of(message):
    """Of a change, or of a receipt."""
    return (message.headers.get("ce_correlationid") or message.key).decode()


def test_the_log_names_act_and_place(registry):
    """Of what validate refuses, of what apply decides, and of what notify has told."""
    for name in ("validate", "apply", "notify"):
        registry.start(name, "--log-level", "debug")
    registry.publish([registry.established("H26", "ROOT")], check=True)
    registry.wait_validated()
    registry.wait_applied()
    strange, orphan = registry.established("H26.1"), registry.established("H26.8.1")
    places = {strange["actId"]: registry.send_act_bytes("G12", registry.frames([strange])[0]),
              orphan["actId"]: registry.send_act_bytes("H26", registry.frames([orphan])[0])}
    for name, message, act, authority in (("validate", "record refused", strange, "G12"), ("apply", "act refused", orphan, "H26")):
        def lines():
            return [line for line in registry[name].log_lines() if line["message"] == message and line.get("act") == act["actId"]]
        wait_until(lines, 30, lambda: registry[name].tail())
        assert [line["place"] for line in lines()] == [f"{registry.prefix}.acts.{authority}-0-{places[act['actId']]}"]
    registry.wait_notified()
    topics = {"change told": ["changes"], "receipt told": [f"receipts.{a}" for a in ("ROOT", "H26", "G12")]}
    for message, names in topics.items():
        told = {(f"{m.topic}-0-{m.offset}", act_of(m)) for name in names for m in registry.read(name)}
        assert len(told) == (1 if message == "change told" else 3)
        wait_until(lambda: told == {(line["place"], line["act"]) for line in registry["notify"].log_lines() if line["message"] == message},
                   20, lambda: registry["notify"].tail(20))


def test_text_on_a_terminal_and_json_elsewhere(registry):
    """--log-format auto, which is the default."""
    env = {"ORGCODE_LOG_FORMAT": "auto"}
    text, code = on_a_terminal(registry, "apply", "--migrate", env=env)
    assert code == 0 and "the schema is the newest" in text and "{" not in text
    done = registry.run("apply", "--migrate", env=env, check=True)
    assert [json.loads(line)["program"] for line in done.stderr.splitlines()][-1] == "orgcode-apply"
