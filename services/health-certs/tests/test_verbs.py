"""What an operator asks on the command line tells no result."""

from typing import Any

from click.testing import CliRunner

from chassis.run.cli import group
from chassis.service import Service
from health_certs.domain.decision import ORDER
from health_certs.domain.requests import CONDITIONS, CONDITIONS_NEXT


def test_explain_names_each_condition_and_no_result(
    service: Service, postgres_server: Any, tmp_path: Any
) -> None:
    environment = {
        "HEALTH_CERTS_DATABASE_URL": postgres_server.fresh_database("health_certs_explain"),
        "HEALTH_CERTS_CURSOR_KEY": "A" * 43,
        "HEALTH_CERTS_SEALING_KEY": "1:" + "B" * 42 + "A",
        "HEALTH_CERTS_BLIND_INDEX_KEY": "1:" + "C" * 42 + "A",
        "HEALTH_CERTS_FILES_FOLDER": str(tmp_path),
        **{
            name: f"1:{letter * 42}A"
            for name, letter in zip(
                (
                    "CONTACT_KEY",
                    "INQUIRY_KEY",
                    "SUBJECT_KEY",
                    "EXAMINATION_KEY",
                    "PAYER_KEY",
                    "PERSON_KEY",
                    "DOCUMENT_KEY",
                ),
                "DEFGHIJ",
                strict=True,
            )
        },
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": "https://issuer.test",
    }

    outcomes = [
        CliRunner().invoke(group(service), words, obj=service, env=environment)
        for words in (["migrate"], ["explain", "1448049000017"])
    ]

    assert [one.exit_code for one in outcomes] == [0, 1], [one.output for one in outcomes]
    assert "no request has this number" in outcomes[1].output


def test_every_condition_has_its_words() -> None:
    assert set(CONDITIONS) == set(CONDITIONS_NEXT) == {*ORDER}
