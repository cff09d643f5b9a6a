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

from chassis import health, logs, migrations, outbox, telemetry
from chassis.db import Database
from chassis.service import Service
from chassis.settings import Settings, SettingsError
from chassis.work import Housekeeping

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


LIMITS = """
import resource
import click
from chassis import cli
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


def test_the_operations_port_tells_life_from_readiness(database_url):
    database = Database(database_url)
    gone = Database("postgresql+psycopg://nobody:x@127.0.0.1:1/none")
    server = health.listen(
        "127.0.0.1", 0, live=lambda: True, ready=lambda: health.database_ready("sample", database)
    )
    base = f"http://127.0.0.1:{server.server_address[1]}"

    assert requests.get(f"{base}/livez", timeout=5).status_code == 200
    assert requests.get(f"{base}/readyz", timeout=5).status_code == 200
    assert "outbox_oldest_unpublished_seconds" in requests.get(f"{base}/metrics", timeout=5).text
    assert requests.get(f"{base}/v1/things", timeout=5).status_code == 404
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


def test_housekeeping_makes_the_days_ahead_and_runs_the_chores(database, session):
    stop, ran = Stop(), []

    def chore(_session):
        ran.append(1)
        stop.set()

    service = Service(name="sample", package="sample", chores=[chore])
    Housekeeping(service, database).run(stop)
    Housekeeping(service, database).tidy(datetime(2031, 1, 1, tzinfo=UTC))

    assert ran == [1]

    tables = session.scalars(
        text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'outbox_2031%'")
    ).all()
    assert len(tables) == outbox.DAYS_AHEAD + 1
