"""Clocks that a test sets wrong while everything runs (Debian's libfaketime): one for the broker, one for the programs."""

from pathlib import Path

LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


class Clock:
    """`env` makes a process go by it; set() moves it for those that run, within a second or two."""

    def __init__(self, path):
        self.path = Path(path)
        self.set(0)
        # Clocks that only count go on rightly, as they do on a machine whose date is set. (Without the last word Java's waits
        # never end.)
        self.env = {"LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(self.path), "FAKETIME_CACHE_DURATION": "1",
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_FORCE_MONOTONIC_FIX": "0"}

    def set(self, seconds):
        new = self.path.with_suffix(".new")
        new.write_text(f"{seconds:+d}s\n")
        new.rename(self.path)
