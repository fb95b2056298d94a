"""orgcode-serve with many changes at once, and with readers that are slow: what it promises holds, and what it costs has a bound."""

import threading
import time

import pytest
from harness.serve import Serve
from harness.stress import locked, make_still, write_changes
from harness.wait import wait_until


@pytest.fixture
def still(registry):
    return make_still(registry)


def test_an_empty_page_is_the_end(still):
    """C-42: however long the request waited, and however much the filter has to pass over."""
    serve = Serve(still)
    write_changes(still, 60_000)
    write_changes(still, 1, "H26.01")
    answers = []
    with locked(still, "change"):
        poll = threading.Thread(target=lambda: answers.append(serve.changes(subject="H26.01")))
        poll.start()
        waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name like 'orgcode-serve%%'"
        wait_until(lambda: still.value(waits) >= 1, 20, "the poll has begun")
        time.sleep(1.2)  # longer than it may look at a time
    poll.join()
    (events, token), = answers
    assert [e["subject"] for e in events] == ["H26.01"] and token == events[0]["id"]
    assert serve.changes(subject="H26.02") == ([], token)
