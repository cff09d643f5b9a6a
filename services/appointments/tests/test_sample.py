"""The sample data: made through the service's own commands, and marked."""

import secrets
from typing import Any

from click.testing import CliRunner
from sqlalchemy import select

from appointments.app import SERVICE
from appointments.models import Appointment, Department
from appointments.sample import ALWAYS_OPEN
from appointments.settings import Settings
from chassis.data.db import Database
from chassis.data.sealed import use_keys
from chassis.run.cli import group
from saudi.days import legal_day

KEYS = ("SEALING", "BLIND_INDEX", "CONTACT", "INQUIRY", "SUBJECT", "DOCUMENT", "CURSOR")


def environment(url: str) -> dict[str, str]:
    return {
        "APPOINTMENTS_DATABASE_URL": url,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": "https://issuer.test",
        **{f"APPOINTMENTS_{name}_KEY": secrets.token_urlsafe(32) for name in KEYS},
    }


def test_the_sample_says_that_it_is_one_and_is_made_once(postgres_server: Any) -> None:
    found = environment(postgres_server.fresh_database("appointments_sample"))
    runner = CliRunner()
    assert runner.invoke(group(SERVICE), ["migrate"], env=found).exit_code == 0

    first = runner.invoke(group(SERVICE), ["sample", "--count", "8"], env=found)
    second = runner.invoke(group(SERVICE), ["sample"], env=found)

    assert (first.exit_code, second.exit_code) == (0, 1), first.output
    database = Database(found["APPOINTMENTS_DATABASE_URL"])
    use_keys(database, Settings.load(SERVICE.name, found))
    with database.transaction() as session:
        rows = session.scalars(select(Appointment)).all()
        departments = session.scalars(select(Department)).all()
    database.dispose()
    assert len(rows) == 8
    assert all("بيانات تجريبية" in row.person["name"] for row in rows)
    assert all(row.person["mobile"].startswith("+96650000") for row in rows)
    (always_open,) = [
        row.department_id for row in departments if (row.municipality, row.code) == ALWAYS_OPEN
    ]
    here = [row for row in rows if row.department_id == always_open]
    assert any(legal_day(row.starts_at) == legal_day(row.booked_at) for row in here)
    assert {row.code for row in departments} == {"engineering", "customer-service"}
