"""A result that a medical centre enters is recorded, answered, emptied and corrected through every process between."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import requests
from sqlalchemy import text

from chassis.core.ids import new_id
from chassis.data.sealed import use_keys
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import Attachment, uploader_of
from health_certs.commands import recording
from health_certs.commands.apply import apply
from health_certs.commands.decide import decide_paid
from health_certs.domain.access import Applicant
from health_certs.models import Request
from health_certs.settings import Settings
from saudi.days import legal_day

from .conftest import Town, until

WORKER, NAME = "2000000006", "Examined Worker (sample data)"
DESK, SYSTEM, OTHER = "saihat-centre.desk", "saihat-centre-system", "qatif-centre.desk"


@dataclass(frozen=True)
class Worker:
    """A worker who asks for himself, as the authorization server vouches for him."""

    subject: str = "c_examined"
    id_number: str = WORKER
    name: str = NAME
    client_id: str = "citizens-portal"
    organisation: None = None
    establishments: frozenset[str] = field(default_factory=frozenset)


def ask(town: Town, profession: str) -> tuple[str, str]:
    """A request by the worker himself, paid for: its id and number."""
    database, now, worker = town.databases["health-certs"], datetime.now(UTC), Worker()
    use_keys(database, Settings.load("health-certs", town.system.environment("health-certs")))
    with database.transaction() as session:
        photo = Attachment(
            attachment_id=new_id(), key=new_id().replace("-", ""), media_type="image/jpeg", size=1,
            sha256=b"1" * 32, name="photo.jpg", width=1, height=1, latitude=None, longitude=None,
            uploader=uploader_of(worker), scan="unscanned", uploaded_at=now,
        )  # fmt: skip
        session.add(photo)
        session.flush()
        body = {
            "worker": {
                "name": {"ar": None, "en": NAME},
                "id_type": "iqama",
                "id_number": WORKER,
                "nationality": "IND",
                "birth_date": date(1994, 3, 2),
                "sex": "male",
                "mobile": "0500000001",
                "language": "en",
            },
            "profession": profession,
            "establishment": None,
            "municipality": "umm-al-hamam",  # without health education
            "residence_permit_until": legal_day(now) + timedelta(days=400),
            "centre": "saihat-centre",
            "photo": photo.attachment_id,
        }
        own = Applicant(
            subject=worker.subject,
            id_number=WORKER,
            name=NAME,
            establishments=frozenset(),
            mobile=None,
        )
        row = apply(UnitOfWork(session, worker, now), own, body)
        decide_paid(UnitOfWork(session, recording.SYSTEM, now), row.invoice_id or "", paid_at=now)
        return str(row.request_id), row.request_no


def find(town: Town, number: str, who: str = DESK) -> requests.Response:
    url = town.url("partner-gateway") + "/v1/health-examination-searches"
    sent = {"number": number, "id_number": WORKER}
    return requests.post(url, json=sent, headers=town.headers(who), timeout=10)


def enter(town: Town, number: str, result: str, who: str = DESK, **more: str) -> requests.Response:
    url = town.url("partner-gateway") + f"/v1/health-examinations/{number}/result"
    day = legal_day(datetime.now(UTC)).isoformat()
    sent = {"result": result, "examined_on": day, "practice_number": "12RM0012345", **more}
    headers = {**town.headers(who), "Idempotency-Key": str(uuid.uuid4())}
    return requests.put(url, json=sent, headers=headers, timeout=10)


def last_entry(town: Town, number: str) -> Any:
    """The last entry, once it's answered."""
    url = town.url("partner-gateway") + f"/v1/health-examinations/{number}/result"
    shown = requests.get(url, headers=town.headers(DESK), timeout=10).json()
    return shown if shown["status"] != "pending" else None


def status(town: Town, request_id: str) -> str:
    with town.databases["health-certs"].transaction() as session:
        return str(session.get_one(Request, request_id).status)


def test_a_result_and_its_correction_travel_to_the_certificate_and_back(town: Town) -> None:
    request_id, number = ask(town, "laundry-worker")
    found = until(lambda: (one := find(town, number)).status_code == 200 and one)
    assert found.json()["worker"]["name"]["en"] == NAME
    assert find(town, number, OTHER).status_code == 404

    assert enter(town, number, "unfit").status_code == 202
    assert until(lambda: last_entry(town, number))["status"] == "accepted"
    assert status(town, request_id) == "awaiting_examination"

    corrected = enter(town, number, "fit", SYSTEM, correction_reason="entry-error")
    assert corrected.status_code == 202, corrected.text
    until(lambda: status(town, request_id) == "issued")
    assert until(lambda: last_entry(town, number))["corrects"] is not None
    until(lambda: find(town, number).status_code == 404)  # it has ended
    with town.databases["partner-gateway"].transaction() as session:
        kept = session.execute(
            text("SELECT sealed, due_at FROM health_examination WHERE number = :number"),
            {"number": number},
        ).all()
    assert [tuple(row) for row in kept] == [(None, None)] * 2
