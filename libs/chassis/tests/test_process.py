"""How a service's processes start, log, trace and answer their probes."""

import io
import json
import logging
import subprocess
import sys
from datetime import UTC, datetime
from threading import Event as Stop

import pytest
import requests
import structlog
from sample import api
from sqlalchemy import text

from chassis.core import logs, metrics, telemetry
from chassis.core.settings import Settings, SettingsError
from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.sealing import CannotUnseal
from chassis.events import outbox
from chassis.http import health
from chassis.process import Process
from chassis.run.housekeeping import Housekeeping
from chassis.service import Service, every

GIVEN = {"DATABASE_URL": "postgresql://x", "KAFKA_BOOTSTRAP_SERVERS": "k:1", "ISSUER": "https://i"}


def test_a_service_that_misses_settings_names_all_of_them_and_does_not_start():
    with pytest.raises(SettingsError) as refused:
        Settings.load("health-certs", {"HEALTH_CERTS_PORT": "many"})

    for name in ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "ISSUER", "HEALTH_CERTS_PORT"):
        assert name in str(refused.value)


def test_an_own_setting_goes_before_the_common_one():
    settings = Settings.load("permits", {**GIVEN, "PORT": "1", "PERMITS_PORT": "2"})

    assert settings.port == 2
    assert settings.jwks_url == "https://i/jwks.json"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "postgres:secret@host"),
        ("DATABASE_URL", "postgresql://u:secret@host:99999/d"),
        ("KAFKA_BOOTSTRAP_SERVERS", "secret"),
        ("ISSUER", "secret"),
        ("SAMPLE_JWKS_URL", "secret"),
        ("PORT", "99999"),
        ("SAMPLE_OPS_PORT", "-1"),
        ("THREADS", "0"),
        ("STATEMENT_TIMEOUT_MS", "-5"),
        ("DRAIN_SECONDS", "nan"),
        ("LOG_LEVEL", "secret"),
        ("DPOP_NONCE_KEY", "secret"),
    ],
)
def test_a_setting_that_cannot_be_right_is_one_line_that_names_it(variable, value):
    with pytest.raises(SettingsError) as refused:
        Settings.load("sample", {**GIVEN, variable: value})

    (line,) = str(refused.value).splitlines()[1:]
    assert line.startswith(f"  {variable} is ")
    assert "secret" not in line


LIMITS = """
import resource
import click
from chassis.run import cli
from chassis.service import Service

@click.command()
def limits():
    click.echo(resource.getrlimit(resource.RLIMIT_CORE))

cli.main(Service(name="sample", package="sample", commands=[limits]))
"""


def test_no_process_of_a_service_leaves_its_memory_on_a_disk():
    words = ["bash", "-c", 'ulimit -c unlimited; exec "$@"', "-", sys.executable, "-c", LIMITS]
    said = subprocess.run([*words, "limits"], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "(0, 0)"


@pytest.fixture
def lines():
    root, before = logging.getLogger(), list(logging.getLogger().handlers)
    logs.configure("sample", "test")
    stream = io.StringIO()
    root.handlers[0].setStream(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers = before
    structlog.reset_defaults()


def test_a_log_line_holds_only_what_is_on_the_list(lines):
    structlog.get_logger("t").info("thing.made", civil_id="1012345672", status=200)

    (line,) = lines()
    assert line["event"] == "thing.made"
    assert line["dropped"] == ["civil_id"]
    assert "1012345672" not in json.dumps(line)


def test_the_client_of_kafka_says_the_same_thing_once_in_a_while(lines):
    for node in range(20):
        logging.getLogger("kafka.net").warning("node %s is away", node)
        logging.getLogger("chassis.relay").warning("not acknowledged by %s", node)
    logging.getLogger("kafka.net").warning("another thing")

    said = [line["event"] for line in lines()]
    assert said.count("node 0 is away") == 1
    assert said.count("another thing") == 1
    assert len(said) == 22


def test_a_logged_exception_shows_where_and_not_what(lines):
    try:
        raise ValueError("civil id 1012345672")
    except ValueError:
        logging.getLogger("library").exception("it failed")

    (line,) = lines()
    assert line["error"] == "ValueError"
    assert "test_process.py" in line["exception"]
    assert "1012345672" not in json.dumps(line)


def test_the_trace_of_a_request_is_in_the_event_and_goes_on_at_the_consumer(session):
    telemetry.configure("sample", "test")
    with telemetry.span("request", None):
        trace = telemetry.trace_id()
        outbox.publish(session, api.event("traced", 1, {"name": "a"}, datetime.now(UTC)))
    row = session.execute(
        text("SELECT traceparent, data FROM outbox WHERE aggregate_id = 'traced'")
    ).one()

    assert trace in row.traceparent
    assert json.loads(bytes(row.data))["traceparent"] == row.traceparent
    with telemetry.span("consume", row.traceparent):
        assert telemetry.trace_id() == trace


PROCESSES = (
    "chassis.http.app",
    "chassis.run.web",
    "chassis.run.worker",
    "chassis.run.work",
    "chassis.testing",
)


@pytest.mark.parametrize("module", PROCESSES)
def test_a_process_loads_nothing_of_the_fast_room_before_a_service_asks_for_it(module):
    source = (
        f"import sys, {module}; print([name for name in sys.modules if 'chassis.fast' in name])"
    )

    said = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    ).stdout

    assert said.strip() == "[]"


def test_the_operations_port_tells_life_from_readiness(database_url):
    database = Database(database_url)
    gone = Database("postgresql+psycopg://nobody:x@127.0.0.1:1/none")
    reasons = iter(["", "keys"])
    server = health.listen("127.0.0.1", 0, live=lambda: True, ready=lambda: next(reasons))
    base = f"http://127.0.0.1:{server.server_address[1]}"

    assert requests.get(f"{base}/livez", timeout=5).status_code == 200
    assert requests.get(f"{base}/readyz", timeout=5).status_code == 200
    unready = requests.get(f"{base}/readyz", timeout=5)
    assert (unready.status_code, unready.text) == (503, "no: keys\n")
    assert "outbox_oldest_unpublished_seconds" in requests.get(f"{base}/metrics", timeout=5).text
    assert requests.get(f"{base}/v1/things", timeout=5).status_code == 404
    assert health.database_ready("sample", database)
    assert not health.database_ready("sample", gone)
    server.shutdown()
    server.server_close()
    database.dispose()


def test_a_database_that_is_not_migrated_is_not_ready(postgres_server):
    empty = Database(postgres_server.fresh_database("empty"))

    assert not health.database_ready("sample", empty)
    empty.dispose()


def test_migrating_twice_changes_nothing(database_url):
    assert migrations.upgrade("sample", database_url) == "0001"
    assert migrations.upgrade("sample", database_url) == "0001"


def test_a_database_from_before_the_chain_of_the_chassis_keeps_its_tables(postgres_server):
    url = postgres_server.fresh_database("adopted")
    migrations.upgrade("sample", url)
    database = Database(url)
    with database.transaction() as session:
        session.execute(
            text(
                "DROP TABLE chassis_version, attachment, deadline, idempotency_key, issuer_keys, journal,"
                " number_series, one_time_code, parked, postponed_row, voided_number;"
                " DROP FUNCTION refuse_change_of_journal, take_quotas"
            )
        )
        session.execute(text("INSERT INTO inbox (consumer, event_id) VALUES ('sample', 'kept')"))

    assert not health.database_ready("sample", database)
    migrations.upgrade("sample", url)

    assert health.database_ready("sample", database)
    with database.transaction() as session:
        assert session.scalars(text("SELECT event_id FROM inbox")).all() == ["kept"]
    database.dispose()


def test_a_chore_that_fails_is_counted_and_the_others_have_their_turn(database):
    stop, ran = Stop(), []

    def fails(_context):
        raise CannotUnseal

    def works(_context):
        ran.append(1)
        stop.set()

    service = Service(name="sample", package="sample", chores=[every(0, fails), works])
    failures = metrics.HOUSEKEEPING_FAILURES.labels("fails")
    before = failures._value.get()

    Housekeeping(Process(service, None, database)).run(stop)

    assert ran == [1]
    assert failures._value.get() - before == 1


def test_housekeeping_makes_the_days_ahead_and_runs_the_chores(database, session):
    stop, ran = Stop(), []

    def chore(_session):
        ran.append(1)
        stop.set()

    service = Service(name="sample", package="sample", chores=[chore])
    Housekeeping(Process(service, None, database)).run(stop)
    Housekeeping(Process(service, None, database)).tidy(datetime(2031, 1, 1, tzinfo=UTC))

    assert ran == [1]

    tables = session.scalars(
        text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'outbox_2031%'")
    ).all()
    assert len(tables) == outbox.DAYS_AHEAD + 1


def test_a_database_from_before_the_first_release_is_refused(postgres_server):
    url = postgres_server.fresh_database("unreleased")
    database = Database(url)
    with database.transaction() as session:
        session.execute(text("CREATE TABLE alembic_version (version_num text)"))

    with pytest.raises(migrations.UnreleasedDatabase, match="create a new one"):
        migrations.upgrade("sample", url)

    with database.transaction() as session:
        assert session.scalar(text("SELECT to_regclass('chassis_version')")) is None
    database.dispose()
