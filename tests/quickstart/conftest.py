"""The quick start on a copy of the checkout, as a newcomer has it: only what git would give."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Checkout:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("ORGCODE_", "PG"))}
        self.env["GIT_CEILING_DIRECTORIES"] = str(self.folder.parent)  # the copy is no part of a checkout
        self.seconds = 0

    def quickstart(self, *args, env=None, check=True):
        began = time.monotonic()
        done = subprocess.run(["bash", "deploy/quickstart", *args], cwd=self.folder, env={**self.env, **(env or {})},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)
        self.seconds = time.monotonic() - began
        assert not check or done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done

    def shell(self, script, errors=None):
        """A script in a shell that has evaluated `deploy/quickstart env`; its output (errors: what is no UTF-8, see str)."""
        return subprocess.run(["bash", "-euc", f'eval "$(deploy/quickstart env)"\n{script}'], cwd=self.folder, env=self.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, errors=errors, timeout=60,
                              check=True).stdout

    def place(self):
        """Feed head, digests and journal end as `status` prints them."""
        return [line for line in self.quickstart("status").stdout.splitlines() if line.startswith("    ")]

    def pids(self):
        return {p.name: p.read_text().split()[0] for p in (self.folder / ".run/pid").iterdir()}


def copy_to(folder):
    """What git would give."""
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                           capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, names):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory):
    """A started quick start; `first` is what its first run printed."""
    folder = tmp_path_factory.mktemp("quick") / "a home"
    copy_to(folder)
    os.chmod(folder, 0o700)
    found = Checkout(folder)
    try:
        found.first = found.quickstart().stdout
        yield found
    finally:
        found.quickstart("clean", check=False)


def pytest_collection_modifyitems(items):
    """The documents' commands publish acts: behind the tests that compare with the sample, before the quick start ends."""
    last = [item for item in items if item.name == "test_clean_leaves_nothing"]
    documents = [item for item in items if item.path.name == "test_docs.py"]
    items[:] = [item for item in items if item not in documents + last] + documents + last
