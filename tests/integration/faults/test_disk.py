"""The disk of PostgreSQL, then of Kafka, is full while agencies publish, and has room again: nothing is lost, all goes on."""

import os
import tempfile

import disk
import psycopg2
import pytest
from harness import Registry, wait_until
from test_pauses import begin, check, said


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
    for label in ("validate", "validate-2", "apply", "apply-2", "notify"):
        registry.start(label.partition("-")[0], label=label)
    agencies.start()
    wait_until(lambda: registry.place()["sequence"] > 20, 60, "the load flows")


@pytest.mark.slow
@pytest.mark.apart
@pytest.mark.noasan
def test_the_disk_of_postgres_is_full(tight, tight_registry, capsys):
    """Rows do not fit any more, then the write-ahead log does not: the server gives up, and the operator starts it again."""
    registry, agencies = begin(tight_registry, 41, 300)
    start_all(registry, agencies)
    cluster = tight.disks["postgres"]
    admin = tight.services.superuser
    cluster.fill()
    wait_until(lambda: said(registry["apply"], "No space left"), 60, "apply says that there is no room")
    cluster.free()
    before = registry.place()["record"]
    wait_until(lambda: registry.place()["record"] > before, 60, "apply goes on")
    cluster.fill()
    wait_until(lambda: not writes(admin), 60, "PostgreSQL gives up", every=0.2)
    ends = registry.acts_ends()
    wait_until(lambda: sum(registry.acts_ends().values()) > sum(ends.values()) or not agencies.busy, 60, "agencies go on publishing")
    cluster.free()
    tight.services.start("postgres")
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
@pytest.mark.apart
@pytest.mark.noasan
def test_the_disk_of_kafka_is_full(tight, tight_registry):
    """The broker gives its only log folder up and ends; the operator makes room and starts it again."""
    registry, agencies = begin(tight_registry, 42, 300)
    start_all(registry, agencies)
    tight.disks["kafka"].fill()
    wait_until(lambda: not tight.services.runs("kafka"), 60, "Kafka ends")
    tight.disks["kafka"].free()
    tight.services.start("kafka")
    agencies.wait()
    check(registry, agencies)
