"""The sample data: made through the service's own commands, and marked."""

import secrets
from typing import Any

from click.testing import CliRunner
from sqlalchemy import select

from chassis.data.db import Database
from chassis.data.sealed import use_keys
from chassis.run.cli import group
from saudi.bilingual import Bilingual
from tenders.app import SERVICE
from tenders.models import Lease, OcdsRelease, Tender
from tenders.ocds import package_of, record_of
from tenders.settings import Settings

from .open_contracting import faults_of, unknown_fields

KEYS = ("SEALING", "BLIND_INDEX", "CONTACT", "INQUIRY", "SUBJECT", "PAYER", "CURSOR")


def environment(url: str, folder: Any) -> dict[str, str]:
    return {
        "TENDERS_DATABASE_URL": url,
        "TENDERS_FILES_FOLDER": str(folder),
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": "https://issuer.test",
        **{f"TENDERS_{name}_KEY": secrets.token_urlsafe(32) for name in KEYS},
    }


def find_open_data_faults(session: Any, model: Any) -> list[str]:
    """Returns the faults of the packages of all releases and records, and the fields that no schema knows."""
    of_model = select(OcdsRelease).where(OcdsRelease.offering_type == model.aggregate_type)
    processes: dict[str, list[Any]] = {}
    for one in session.scalars(of_model.order_by(OcdsRelease.serial)):
        processes.setdefault(one.ocid, []).append(one.content)
    releases = [one for found in processes.values() for one in found]
    assert releases
    faults = []
    for name, items in (("releases", releases), ("records", map(record_of, processes.values()))):
        package = package_of(
            name,
            list(items),
            uri="https://tenders.test/ocds",
            publisher=Bilingual("بلدية محافظة القطيف", "Qatif Municipality"),
            extensions=[],
            next_uri=None,
        )
        faults += faults_of(package)
    for one in releases:
        faults += unknown_fields(one, lease=model is Lease)
    return faults


def test_the_sample_says_that_it_is_one_is_made_once_and_is_valid_open_data(
    postgres_server: Any, tmp_path: Any
) -> None:
    found = environment(postgres_server.fresh_database("tenders_sample"), tmp_path)
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
        faults = [fault for one in (Tender, Lease) for fault in find_open_data_faults(session, one)]
    database.dispose()
    assert faults == []
    assert len(rows) == 17
    assert {row.status for row in rows} == {"draft", "published", "awarded"}
    assert all("بيانات تجريبية" in row.title_ar for row in rows)
