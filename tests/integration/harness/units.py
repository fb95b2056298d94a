"""The systemd units as they are installed, and the programs of a test that stand for them."""

from fnmatch import fnmatchcase

from .program import BUILD
from .services import ROOT

FOLDER = ROOT / "deploy/systemd"


def installed():
    """Paths of all units."""
    return sorted([*(BUILD / "deploy/systemd").glob("*.service"), *FOLDER.glob("*.socket"), *FOLDER.glob("*.target")])


def unit_of(label):
    """`apply` is orgcode-apply; the copies of a template are counted: `validate` is orgcode-validate@1, `validate-2` its second."""
    name, _, copy = label.partition("-")
    template = f"orgcode-{name}@.service" in {path.name for path in installed()}
    return f"orgcode-{name}@{copy or 1}" if template else f"orgcode-{name}"


def labels_of(word, known):
    """Those of the labels that a word of a systemctl command names, which may be a pattern; others are no units at all."""
    found = [label for label in known if fnmatchcase(unit_of(label), word)]
    assert found, f"{word} names no unit: {sorted(map(unit_of, known))}"
    return found
