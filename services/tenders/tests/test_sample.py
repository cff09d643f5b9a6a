"""The sample data: made through the service's own commands, and marked."""

import secrets
from typing import Any

from click.testing import CliRunner
from sqlalchemy import select

from chassis.data.db import Database
from chassis.data.sealed import use_keys
from chassis.run.cli import group
from tenders.app import SERVICE
from tenders.models import Lease, Tender
from tenders.settings import Settings

KEYS = ("SEALING", "BLIND_INDEX", "CONTACT", "INQUIRY", "SUBJECT", "PAYER", "CURSOR")


def environment(url: str) -> dict[str, str]:
    return {
        "TENDERS_DATABASE_URL": url,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": "https://issuer.test",
        **{f"TENDERS_{name}_KEY": secrets.token_urlsafe(32) for name in KEYS},
    }


def test_the_sample_says_that_it_is_one_and_is_made_once(postgres_server: Any) -> None:
    found = environment(postgres_server.fresh_database("tenders_sample"))
    runner = CliRunner()
    assert runner.invoke(group(SERVICE), ["migrate"], env=found).exit_code == 0

    first = runner.invoke(group(SERVICE), ["sample", "--count", "8"], env=found)
    second = runner.invoke(group(SERVICE), ["sample"], env=found)
    numbers = runner.invoke(group(SERVICE), ["numbers", "check"], env=found)

    assert (first.exit_code, second.exit_code, numbers.exit_code) == (0, 1, 0), first.output
    database = Database(found["TENDERS_DATABASE_URL"])
    use_keys(database, Settings.load(SERVICE.name, found))
    with database.transaction() as session:
        rows = [*session.scalars(select(Tender)), *session.scalars(select(Lease))]
    database.dispose()
    assert len(rows) == 17
    assert {row.status for row in rows} == {"draft", "published", "awarded"}
    assert all("بيانات تجريبية" in row.title_ar for row in rows)
