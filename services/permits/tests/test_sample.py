"""`permits sample` fills an empty database through the service's own commands, and leaves any other one alone."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from chassis.data.db import Database
from chassis.run.cli import group
from chassis.service import Service


@pytest.fixture
def sample(service: Service, postgres_server: Any, tmp_path: Path) -> Any:
    """Runs `migrate`, then `sample`, on a database of its own."""
    url = postgres_server.fresh_database("permits_sample")
    environment = {
        "PERMITS_DATABASE_URL": url,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": "https://issuer.test",
        "PERMITS_FILES_FOLDER": str(tmp_path),
        **{f"PERMITS_{name}_KEY": letter * 43 for name, letter in zip(
            ("CURSOR", "SEALING", "BLIND_INDEX", "PERSONAL_DATA", "CONTACT", "INQUIRY", "SUBJECT",
             "PAYER", "DOCUMENT", "PERSON"),
            "AEIMQUYcgk", strict=True)},
    }  # fmt: skip

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(group(service), list(arguments), obj=service, env=environment)

    migrated = run("migrate")
    assert migrated.exit_code == 0, migrated.output
    run.database = Database(url)  # type: ignore[attr-defined]
    yield run
    run.database.dispose()  # type: ignore[attr-defined]


def test_sample_permits_are_issued_and_published_once(sample: Any) -> None:
    first = sample("sample", "--count", "7")
    second = sample("sample", "--count", "7")

    assert first.exception is None
    assert first.output == "7 permits issued\n"
    assert second.exit_code == 1
    assert "there are permits already" in second.output
    with sample.database.transaction() as session:
        permits = session.execute(text("SELECT count(*) FROM permit")).scalar_one()
        events = session.execute(
            text("SELECT count(*) FROM outbox WHERE type LIKE '%.permit.issued.v1'")
        ).scalar_one()
        waiting = session.execute(
            text("SELECT status, count(*) FROM permit_request WHERE status <> 'issued' GROUP BY 1")
        ).all()
        bills = session.execute(
            text("SELECT count(*) FROM outbox WHERE topic = 'permits.invoice'")
        ).scalar_one()
    assert (permits, events, bills) == (7, 7, 0)
    assert [count for _, count in waiting] == [2] * 6, waiting
