"""An inspector's check: by code, by number, by a person's number; everywhere, journaled, and by nobody else."""

from typing import Any

import pytest
from sqlalchemy import select

from chassis.data.aggregates import JournalEntry
from chassis.data.unit_of_work import UnitOfWork
from documents.issuing.signing import Signing
from health_certs.commands import cancel, signed_documents

from .people import HIMSELF, WORKER

CHECKS = "/v1/health-certificate-checks"


@pytest.fixture
def inspector(token: Any) -> Any:
    return token("health-certs.inspect", municipality="tarout")


@pytest.fixture
def code(session: Any, settings: Any, now: Any) -> Any:
    """The text of the code of a certificate's document."""

    def of(row: Any) -> str:
        signing = Signing(settings.keyrings()["document_key"], settings.documents_base)
        made = signed_documents.document_of(session, HIMSELF, row, signing, now=now)
        return str(made.code)

    return of


def checked(client: Any, header: Any, **body: str) -> Any:
    answer = client.post(CHECKS, json=body, headers=header)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_certificate_is_found_by_its_code_its_number_and_its_holders(
    client: Any, inspector: Any, in_force: Any, code: Any, session: Any
) -> None:
    made = in_force()

    found = [
        checked(client, inspector, code=code(made)),
        checked(client, inspector, certificate_no=" ١٤٤٨٠٤٨٠٠٠٠٠١ "),
        checked(client, inspector, id_number=WORKER),
    ]

    assert [one["reason"] for one in found] == [None, None, None]
    for one in found:
        (only,) = one["items"]
        assert (only["certificate_no"], only["status"]) == (made.certificate_no, "valid")
        assert only["worker"]["id_number"] == "20******06"
    entries = select(JournalEntry.details).where(JournalEntry.action == "check")
    assert [one["by"] for one in session.scalars(entries)] == [
        "code",
        "certificate_no",
        "id_number",
    ]


def test_a_cancelled_one_is_seen_as_that(
    client: Any, inspector: Any, in_force: Any, code: Any, session: Any, now: Any
) -> None:
    made = in_force()
    text = code(made)
    cancel.cancel(UnitOfWork(session, HIMSELF, now), HIMSELF.applicant(), made.certificate_no)

    found = checked(client, inspector, code=text)

    assert (found["reason"], found["reason_title"]["ar"]) == ("cancelled", "وثيقة ملغاة")
    assert found["items"][0]["status"] == "cancelled"


def test_a_changed_code_finds_nothing(
    client: Any, inspector: Any, in_force: Any, code: Any
) -> None:
    text = code(in_force())

    for changed, reason in ((text[:-6] + "AAAAAA", "tampered"), ("nonsense", "unreadable")):
        found = checked(client, inspector, code=changed)
        assert (found["reason"], found["items"]) == (reason, [])


def test_a_number_that_nobody_has_finds_nothing(client: Any, inspector: Any) -> None:
    assert checked(client, inspector, id_number="2000000089")["items"] == []
    assert checked(client, inspector, certificate_no="1448048999999")["items"] == []


@pytest.mark.parametrize("body", [{}, {"code": "x", "id_number": "2000000006"}, {"name": "x"}])
def test_a_check_is_by_one_thing(client: Any, inspector: Any, body: Any) -> None:
    assert client.post(CHECKS, json=body, headers=inspector).status_code == 400


def test_who_reads_certificates_is_no_inspector_yet(client: Any, token: Any, in_force: Any) -> None:
    made = in_force()
    body = {"id_number": WORKER}

    reader = client.post(CHECKS, json=body, headers=token("health-certs.read"))
    nobodys = token("health-certs.inspect", organisation_kind="partner", municipality=None)

    assert reader.status_code == 403
    assert client.post(CHECKS, json=body, headers=nobodys).status_code == 404
    photo = f"/v1/health-certificates/{made.certificate_no}/photo"
    assert client.get(photo, headers=nobodys).status_code == 404
    assert client.get(photo, headers=token("health-certs.read")).status_code == 403
