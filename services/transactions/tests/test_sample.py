"""`transactions sample` makes transactions through the commands, once."""

from typing import Any

from click.testing import CliRunner
from sqlalchemy import text

from chassis.data.db import Database
from chassis.run.cli import group
from chassis.service import Service

KEYS = (
    *("SEALING_KEY", "BLIND_INDEX_KEY", "CONTACT_KEY", "INQUIRY_KEY", "SUBJECT_KEY"),
    *("PERSON_KEY", "DOCUMENT_KEY"),
)


def environment(url: str, folder: Any) -> dict[str, str]:
    """The environment of a command on this database."""
    keys = {
        f"TRANSACTIONS_{name}": f"1:{letter * 42}A"
        for name, letter in zip(KEYS, "BCDEFGH", strict=True)
    }
    return {
        "TRANSACTIONS_DATABASE_URL": url,
        "TRANSACTIONS_CURSOR_KEY": "A" * 43,
        "TRANSACTIONS_FILES_FOLDER": str(folder),
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": "https://issuer.test",
        **keys,
    }


def test_sample_transactions_are_made_once_and_their_numbers_are_complete(
    service: Service, postgres_server: Any, tmp_path: Any
) -> None:
    url = postgres_server.fresh_database("transactions_sample")
    commands = (
        ["migrate"],
        ["sample", "--count", "10"],
        ["sample", "--count", "10"],
        ["numbers", "check"],
    )

    outcomes = [
        CliRunner().invoke(group(service), words, obj=service, env=environment(url, tmp_path))
        for words in commands
    ]

    assert [one.exit_code for one in outcomes] == [0, 0, 1, 0], [one.output for one in outcomes]
    database = Database(url)
    with database.transaction() as session:
        statement = "SELECT count(*), count(DISTINCT number) FROM transaction"
        counts = tuple(session.execute(text(statement)).one())
        late = session.scalar(
            text("SELECT count(*) FROM transaction WHERE due_on < current_date - 1")
        )
    database.dispose()
    assert counts == (10, 10)
    assert late == 2
