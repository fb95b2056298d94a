"""What operators see of every program: metrics, logs that name act and place, text on a terminal; and how PostgreSQL is named."""

import os
import pty
import subprocess

import psycopg2.extensions
from harness import wait_until
from harness.program import program_path


def test_notify_tells_what_it_has_told(registry):
    registry.start("validate")
    registry.start("apply")
    notify = registry.start("notify", "--metrics-listen", "127.0.0.1:0")
    registry.publish([registry.established("H26", "ROOT", on="2020-09-15")], "--wait", check=True)
    registry.publish([registry.established("H26.8.1")], "--wait")  # refused: a receipt and no change
    wait_until(lambda: notify.metrics()["orgcode_notify_receipts_total"] == 2, 10)
    shown = notify.metrics()
    assert shown["orgcode_notify_changes_total"] == shown["orgcode_notify_states_total"] == shown["orgcode_notify_sequence"] == 1
    assert shown["orgcode_notify_receipt"] == 2 and shown["orgcode_notify_lag_changes"] == 0
    assert shown["orgcode_notify_transactions_total"] >= 2 and shown["orgcode_notify_batch_seconds_count"] >= 2


def test_logs_name_the_act_and_where_it_stood(registry):
    validate, apply = registry.start("validate"), registry.start("apply")
    registry.publish([registry.established("H26", "ROOT", on="2020-09-15")], check=True)
    registry.wait_validated()
    registry.wait_applied()  # else what follows is held first
    astray, foreign = registry.established("H26.8.1"), registry.established("G12.1", "G12")
    registry.publish([astray], check=True)  # H26-0-0: refused by apply
    registry.send_act_bytes("H26", registry.frames([foreign])[0])  # H26-0-1: refused by validate, as not H26's
    registry.wait_validated()
    registry.wait_applied()

    def told(program, message):
        return [(line["act"], line["place"]) for line in program.log_lines() if line["message"] == message]

    topic = f"{registry.prefix}.acts.H26"
    wait_until(lambda: told(validate, "record refused") == [(foreign["actId"], f"{topic}-0-1")], 10, validate.tail)
    wait_until(lambda: told(apply, "act refused") == [(astray["actId"], f"{topic}-0-0"), (foreign["actId"], f"{topic}-0-1")], 10, apply.tail)


def test_logs_are_text_on_a_terminal_and_json_else(registry):
    env = {k: v for k, v in registry.env_of("validate").items() if k != "ORGCODE_LOG_FORMAT"}
    command = [program_path("validate"), "-X", "no.such.property=1"]
    plain = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60).stderr
    assert plain.startswith('{"time":"') and '"message":' in plain
    master, slave = pty.openpty()
    process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave)
    os.close(slave)
    assert process.wait(60) == 4
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert "no.such.property" in shown and "\033[31m" in shown and not shown.startswith("{")


def test_postgresql_by_uri_and_by_its_own_variables(scripted):
    words = psycopg2.extensions.parse_dsn(scripted.env_of("apply")["ORGCODE_PG"])
    uri = f"postgresql://{words['user']}@{words['host']}:{words['port']}/{words['dbname']}"
    rest = {"passfile": "PGPASSFILE", "sslmode": "PGSSLMODE", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "sslrootcert": "PGSSLROOTCERT"}
    more = {rest[name]: value for name, value in words.items() if name in rest}
    apply = scripted.start("apply", "--pg", uri, env={"ORGCODE_PG": "", **more})
    scripted.journal_acts([scripted.established("H26", "ROOT", on="2025-06-01")], at="2025-06-02T08:00")
    scripted.wait_applied()
    assert apply.stop() == 0
    own = {"PGHOST": words["host"], "PGPORT": words["port"], "PGUSER": words["user"], "PGDATABASE": words["dbname"], **more}
    by_variables = scripted.start("apply", label="by-variables", env={"ORGCODE_PG": "", **own})
    scripted.journal_acts([scripted.established("H26.1", on="2025-06-01")], at="2025-06-02T08:00")
    scripted.wait_applied()
    assert by_variables.stop() == 0
