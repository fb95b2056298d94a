"""Clocks that a test sets wrong while everything runs: one for the broker, one for the programs.

Not Debian's libfaketime: under its 0.9.10 librdkafka's waits end at once or never, as it changes the deadlines of waits whose clock
it has not changed. clock.c changes what a process reads, and nothing else.
"""

import os
import struct
import subprocess
from pathlib import Path


class Clock:
    """`env` makes a process go by it; set() moves it for those that run, at once."""

    def __init__(self, path):
        self.path = Path(path)
        self.path.write_bytes(struct.pack("=q", 0))
        library = self.path.with_suffix(".so")
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", library, Path(__file__).with_name("clock.c")], check=True)
        self.env = {"LD_PRELOAD": str(library), "ORGCODE_CLOCK": str(self.path)}

    seconds = 0

    def set(self, seconds):
        self.seconds = seconds
        with open(self.path, "r+b") as file:
            os.pwrite(file.fileno(), struct.pack("=q", seconds), 0)
