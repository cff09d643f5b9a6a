"""`licences sample` fills an empty database, once."""

from pathlib import Path
from typing import Any

from click.testing import CliRunner
from sqlalchemy import text

from chassis.data.db import Database
from chassis.run.cli import group
from chassis.service import Service

KEYS = {
    "CURSOR_KEY": "k", "SEALING_KEY": "A", "BLIND_INDEX_KEY": "C", "CONTACT_KEY": "E",
    "INQUIRY_KEY": "I", "SUBJECT_KEY": "M", "SUBMISSION_KEY": "Q", "LICENCE_DATA_KEY": "U", "PAYER_KEY": "Y",
    "DOCUMENT_KEY": "g", "PERSON_KEY": "w",
}  # fmt: skip


def test_the_sample_shows_each_state_and_is_made_once(
    service: Service, postgres_server: Any, tmp_path: Path
) -> None:
    environment = {
        "LICENCES_DATABASE_URL": postgres_server.fresh_database("licences_sample"),
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": "https://issuer.test",
        "LICENCES_FILES_FOLDER": str(tmp_path),
        **{f"LICENCES_{name}": letter * 43 for name, letter in KEYS.items()},
    }

    outcomes = [
        CliRunner().invoke(group(service), words, obj=service, env=environment)
        for words in (
            ["migrate"],
            ["sample", "--count", "10"],
            ["sample", "--count", "10"],
            ["numbers", "check"],
        )
    ]

    assert [one.exit_code for one in outcomes] == [0, 0, 1, 0], [one.output for one in outcomes]
    database = Database(environment["LICENCES_DATABASE_URL"])
    with database.transaction() as session:
        counted = session.execute(
            text("SELECT status, count(*) AS count FROM application GROUP BY 1")
        )
        found = {row.status: row.count for row in counted}
        violations = set(session.scalars(text("SELECT status FROM violation")))
    database.dispose()
    assert violations == {"observed", "notified", "objected"}
    assert found == {"issued": 6, "awaiting_payment": 2, "waiting": 1, "in_review": 1}
