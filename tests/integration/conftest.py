"""Fixtures of the integration tests; tests/README.md says how to write one."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import Registry, Services  # noqa: E402
from harness.sample import SampleRegistry, sample_authorities  # noqa: E402
from harness.story import serve_story  # noqa: E402

os.environ.setdefault("LSAN_OPTIONS", f"suppressions={Path(__file__).resolve().parents[1]}/lsan.supp:print_suppressions=0")


@pytest.fixture(scope="session")
def services():
    """Kafka and PostgreSQL: those of $ORGCODE_TEST_HOME, left running, or new ones in a temporary folder."""
    home = os.environ.get("ORGCODE_TEST_HOME")
    folder = home or tempfile.mkdtemp(prefix="orgcode-test-")
    found = Services(folder)
    try:
        found.start()
        yield found
    finally:
        if not home:
            found.clean()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def make_registry(services, tmp_path, request):
    """make_registry(mode="live", authorities=(...)) -> Registry; any number of them in a test."""
    made = []
    if not services.runs():  # a test before this one killed it and failed
        services.start()

    def make(**options):
        made.append(Registry(services, tmp_path / f"registry-{len(made) + 1}", **options))
        return made[-1]

    yield make
    failed = getattr(request.node, "outcome_call", None)
    if failed is not None and failed.failed:
        for registry in made:
            print(f"=== logs in {registry.folder}\n{registry.tails(25)}")
    reports = [report for registry in made for report in registry.close()]
    assert not reports, "a sanitizer speaks:\n" + "\n".join(reports)


@pytest.fixture
def registry(make_registry):
    """A live registry without any program running; authorities ROOT, H26, G12."""
    return make_registry()


@pytest.fixture
def scripted(make_registry):
    """A scripted registry: the test writes the journal, with the stamps that it likes."""
    return make_registry(mode="scripted")


# The workers take the files in this order, so that none is left with a long one at the end: first the long ones, then what stands in neither
# list, then the short ones. Of the long ones those of one or two tests stand between short ones, as a worker takes its next file when two
# tests are left.
FIRST = """test_long_outage test_apply_crash test_notify test_runbook test_topics test_serve_feed test_validate_failures test_kills test_pipeline
test_pauses test_systemd test_upgrade test_replay_inspect test_undecided test_outages test_network test_publish_wait""".split()
LAST = """test_replay_export test_services test_apply_swap test_replay_status test_golden test_publish test_apply_time test_versions
test_publish_sample test_settings test_replay_verify""".split()


def pytest_collection_modifyitems(items):
    place = {name: number for number, name in enumerate(FIRST, -len(FIRST))} | {name: number for number, name in enumerate(LAST, 1)}
    items.sort(key=lambda item: place.get(item.path.stem, 0))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    setattr(item, f"outcome_{report.when}", report)


def shared(services, folder, serve, **settings):
    """A registry behind orgcode-serve for all tests of a worker; what a sanitizer says of its programs fails them."""
    registry = Registry(services, folder, **settings)
    try:
        yield serve(registry)
    finally:
        reports = registry.close()
    assert not reports, "a sanitizer speaks:\n" + "\n".join(reports)


@pytest.fixture(scope="session")
def sample_served(services, tmp_path_factory):
    yield from shared(services, tmp_path_factory.mktemp("sample"), SampleRegistry, authorities=sample_authorities())


@pytest.fixture
def sample(sample_served):
    """The published sample behind orgcode-serve, for all tests of a worker that only read: .registry and .serve."""
    return sample_served.wait()  # a test before this one may have killed PostgreSQL


@pytest.fixture(scope="session")
def told_served(services, tmp_path_factory):
    yield from shared(services, tmp_path_factory.mktemp("story"), serve_story, mode="scripted", authorities=("ROOT",))


@pytest.fixture
def told(told_served):
    """The story of harness/story.py behind orgcode-serve, for all tests of a worker that only read."""
    return told_served.wait()
