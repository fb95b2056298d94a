"""Packages of other languages, by the locks that name them, kept in the build tree."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from .program import BUILD
from .wait import SLOW

ROOT = Path(__file__).resolve().parents[3]


def venv(requirements):
    """A Python with these packages, kept beside the build trees: the same for all of them."""
    folder = ROOT / "build" / f"venv-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements], check=True, timeout=300 * SLOW)
        (folder / "done").touch()
    return folder / "bin"


def node_packages(source, name):
    """A copy of the folder source, with what its package-lock.json names in node_modules."""
    folder = BUILD / f"node-{name}"
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    subprocess.run(["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=300 * SLOW)
    return folder
