"""The disk of PostgreSQL, then of Kafka, is full while agencies publish, and has room again: nothing is lost, all goes on."""

import os
import tempfile

import disk
import psycopg2
import pytest
from harness import Registry, wait_until
from storm import start_service
from test_pauses import begin, check, said

pytestmark = pytest.mark.apart


@pytest.fixture(scope="module")
def tight(tmp_path_factory):
    if os.geteuid() != 0 or not disk.possible(tmp_path_factory.mktemp("mount")):
        pytest.skip("mounting a small disk needs root")
    made = disk.TightServices(tempfile.mkdtemp(prefix="orgcode-tight-"))
    yield made
    made.close()


@pytest.fixture
def tight_registry(tight, tmp_path):
    made = []

    def make(**options):
        made.append(Registry(tight.services, tmp_path / "registry", **options))
        return made[-1]

    yield make
    for registry in made:
        tight.disks["kafka"].free()
        tight.disks["postgres"].free()
        tight.services.start()
        registry.close()


def start_all(registry, agencies):
    agencies.allowed = 0.2
    for label in ("validate", "validate-2", "apply", "apply-2", "notify"):
        registry.start(label.partition("-")[0], label=label)
    agencies.start()
    wait_until(lambda: registry.place()["sequence"] > 20, 60, "the load flows")


def press(agencies, condition, what, share):
    """Lets agencies publish on, up to that share of the load, until something has come of it."""
    def step():
        if condition():
            return True
        agencies.allowed = min(agencies.allowed + 0.02, share)
        return False

    wait_until(step, 90, what, every=0.2)
    assert agencies.busy, agencies.error


@pytest.mark.slow
@pytest.mark.noasan
def test_the_disk_of_postgres_is_full(tight, tight_registry):
    """Rows do not fit any more, then the write-ahead log does not: the server gives up, and the operator starts it again."""
    registry, agencies = begin(tight_registry, 41, 500)
    start_all(registry, agencies)
    cluster = tight.disks["postgres"]
    admin = tight.services.superuser
    cluster.fill()
    press(agencies, lambda: any(said(registry[label], "No space left") for label in ("apply", "apply-2")), "apply says that there is no room", 0.6)
    cluster.free()
    before = registry.place()["record"]
    press(agencies, lambda: registry.place()["record"] > before, "apply goes on", 0.7)
    cluster.fill()
    wait_until(lambda: not writes(admin), 90, "PostgreSQL gives up", every=0.2)
    ends = registry.acts_ends()
    press(agencies, lambda: sum(registry.acts_ends().values()) > sum(ends.values()), "agencies go on publishing", 0.9)
    cluster.free()
    start_service(tight.services, "postgres")
    agencies.allowed = 1
    agencies.wait()
    check(registry, agencies)


def writes(conninfo):
    """Fills the write-ahead log; False when there is no server any more that one could ask to."""
    try:
        connection = psycopg2.connect(conninfo, connect_timeout=2)
    except psycopg2.Error:
        return False
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("select pg_logical_emit_message(false, 'filler', repeat('x', 1000000)) from generate_series(1, 40)")
    except psycopg2.Error:
        pass
    finally:
        connection.close()
    return True


@pytest.mark.slow
@pytest.mark.noasan
def test_the_disk_of_kafka_is_full(tight, tight_registry):
    """The broker gives its only log folder up and ends; the operator makes room and starts it again."""
    registry, agencies = begin(tight_registry, 42, 400)
    start_all(registry, agencies)
    tight.disks["kafka"].fill()
    press(agencies, lambda: not tight.services.runs("kafka"), "Kafka ends", 0.9)
    tight.disks["kafka"].free()
    start_service(tight.services, "kafka")
    agencies.allowed = 1
    agencies.wait()
    check(registry, agencies)
