"""What operators see of notify and publish: metrics, and the log."""

import json
import os

from harness import wait_until


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


def test_a_publisher_tells_how_far_it_is(registry):
    registry.start_all()
    source = registry.folder / "acts.fifo"
    os.mkfifo(source)
    program = registry.start("publish", "--metrics-listen", "127.0.0.1:0", "--log-level", "debug", "--wait", source)
    good = registry.established("H26", "ROOT", on="2020-09-15")
    with open(source, "w") as pipe:
        pipe.write(json.dumps(good) + "\n" + json.dumps(registry.established("bad code")) + "\n")
        pipe.flush()
        wait_until(lambda: program.metrics()["orgcode_publish_delivered_total"] == 1, 20, program.tail)
        shown = program.metrics()
        assert shown["orgcode_publish_acts_total"] == 2 and shown["orgcode_publish_refused_total"] == 1
        wait_until(lambda: program.metrics()['orgcode_publish_verdicts_total{verdict="accepted"}'] == 1, 20, program.tail)
    delivered = [(line["act"], line["place"]) for line in program.log_lines() if line["message"] == "act delivered"]
    assert delivered == [(good["actId"], f"{registry.prefix}.acts.ROOT-0-0")] and program.wait() == 1
