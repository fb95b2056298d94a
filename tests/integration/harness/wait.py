"""Waiting: polls with a deadline, never sleeps for luck."""

import os
import time

# Sanitizers and slow machines: every deadline is multiplied.
SLOW = float(os.environ.get("ORGCODE_TEST_SLOW", "1"))


def wait_until(predicate, deadline=15.0, what=None, every=0.02):
    """Polls until predicate() is true and returns its value; AssertionError with `what` when the time is over.

    `what` may be a text or a function that makes one (it is called at the end only). An exception of the predicate
    counts as not yet, and is shown when the time is over.
    """
    until = time.monotonic() + deadline * SLOW
    error = None
    while True:
        try:
            value = predicate()
            if value:
                return value
            error = None
        except AssertionError:
            raise
        except Exception as e:  # noqa: BLE001 - the world may not be ready
            error = e
        if time.monotonic() >= until:
            text = what() if callable(what) else what or "condition"
            raise AssertionError(f"not within {deadline * SLOW:.0f} s: {text}" + (f" ({error!r})" if error else ""))
        time.sleep(every)
        every = min(every * 1.3, 0.25)
