"""`reports sample` makes reports through the commands, once."""

from pathlib import Path
from typing import Any

from click.testing import CliRunner
from sqlalchemy import text

from chassis.data.db import Database
from chassis.run.cli import group
from chassis.service import Service


def test_sample_reports_are_made_and_published_once(
    service: Service, postgres_server: Any, tmp_path: Path
) -> None:
    url = postgres_server.fresh_database("reports_sample")
    environment = {
        "REPORTS_DATABASE_URL": url,
        "REPORTS_CURSOR_KEY": "A" * 43,
        "REPORTS_SEALING_KEY": "1:" + "A" * 43,
        "REPORTS_BLIND_INDEX_KEY": "1:" + "C" * 43,
        "REPORTS_FILES_FOLDER": str(tmp_path),
        "REPORTS_CONTACT_KEY": "1:" + "E" * 43,
        "REPORTS_INQUIRY_KEY": "1:" + "I" * 43,
        "REPORTS_SUBJECT_KEY": "1:" + "M" * 43,
        "REPORTS_PERSON_KEY": "1:" + "Q" * 43,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": "https://issuer.test",
    }

    outcomes = [
        CliRunner().invoke(group(service), words, obj=service, env=environment)
        for words in (["migrate"], ["sample", "--count", "16"], ["sample", "--count", "16"])
    ]

    assert [one.exit_code for one in outcomes] == [0, 0, 1], [one.output for one in outcomes]
    database = Database(url)
    with database.transaction() as session:
        filed = session.execute(
            text("SELECT count(DISTINCT aggregate_id) FROM outbox WHERE type LIKE '%.filed.v1'")
        ).scalar_one()
        on_duty = session.execute(text("SELECT count(*) FROM duty_officer")).scalar_one()
    database.dispose()
    assert on_duty == 11
    assert filed >= 16
