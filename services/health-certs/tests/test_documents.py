"""Signed documents of certificates: printed, verified off line and by two numbers, and what takes their worth away."""

from typing import Any

import httpx
import pypdfium2
import pytest

from chassis.data.unit_of_work import UnitOfWork
from devstack.paper_codes import code_on
from documents.encoding import from_text
from documents.issuing.reading import published_keys, revocations
from documents.issuing.signing import Signing
from documents.keys import KeySet
from documents.revocations import RevocationList
from documents.verifying import Reason, verify
from health_certs.commands import cancel, signed_documents
from health_certs.domain.certificates import STATES, NotInForce, RevocationReason
from health_certs.models import Certificate, SignedDocument
from health_certs.models.certificates import REGISTER
from saudi.days import both_calendars, legal_day

from .people import HIMSELF, OFFICER, WORKER

VERIFY = "/v1/public/health-certificate-verifications"


@pytest.fixture
def signing(settings: Any) -> Signing:
    return Signing(settings.keyrings()["document_key"], settings.documents_base)


@pytest.fixture
def printed(session: Any, signing: Signing, now: Any) -> Any:
    """The document of a certificate, as its worker asks for it."""

    def of(row: Certificate, *, at: Any = now) -> SignedDocument:
        return signed_documents.document_of(session, HIMSELF, row, signing, now=at)

    return of


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return str(document[0].get_textpage().get_text_range())
    finally:
        document.close()


def off_line(session: Any, signing: Signing, document: SignedDocument, now: Any) -> Reason | None:
    """What somebody finds who has fetched keys and list, and has no network."""
    keys = published_keys(session, REGISTER, signing.public)
    listed = revocations(session, [REGISTER], keys, now=now, today=legal_day(now))
    signed = RevocationList.parse(listed.sign(signing.current), keys)
    return verify(document.code, keys, signed, on=legal_day(now)).reason


def asked_by_number(client: httpx.Client, number: str, person: str) -> httpx.Response:
    return client.post(VERIFY, json={"certificate_no": number, "id_number": person})


def test_the_code_on_the_paper_verifies_off_line_with_what_is_published(
    client: httpx.Client, token: Any, in_force: Any
) -> None:
    row = in_force()
    place = f"/v1/health-certificates/{row.certificate_no}/document"

    answer = client.get(place, headers=token("health-certs.read", municipality="saihat"))
    foreign = client.get(place, headers=token("health-certs.read", municipality="tarout"))

    keys = KeySet.parse(client.get("/v1/public/document-keys").content)
    listed = client.get("/v1/public/document-revocations").json()["list"]
    code = code_on(answer.content)
    finding = verify(code, keys, RevocationList.parse(listed, keys), on=row.issued_on)
    assert (answer.headers["content-type"], foreign.status_code) == ("application/pdf", 404)
    assert finding.is_valid
    assert finding.statement is not None
    assert (finding.statement.kind, finding.statement.number, finding.statement.initials) == (
        *("health_certificate", row.certificate_no, "S. W."),
    )
    assert finding.statement.expires_on == row.valid_until
    assert WORKER not in text_of(answer.content)
    again = client.get(place, headers=token("health-certs.read", municipality="saihat"))
    assert again.content == answer.content


def test_the_paper_names_the_workers_country_and_his_shop_in_words(
    client: httpx.Client, token: Any, in_force: Any
) -> None:
    place = f"/v1/health-certificates/{in_force().certificate_no}/document"

    paper = client.get(place, headers=token("health-certs.read", municipality="saihat"))

    text = text_of(paper.content)
    assert "الهند" in text
    assert "IND" not in text
    assert "مغسلة الواحة" in text


def test_a_code_holds_no_name_and_no_number_of_a_person(issued: Any, printed: Any) -> None:
    document = printed(issued())

    said = from_text(document.code.partition("#")[2].partition(".")[0])

    for secret in (WORKER, "Sample Worker", "0500000001", "fit"):
        assert secret.encode() not in said
        assert secret not in document.code


def test_a_cancelled_a_revoked_and_an_expired_one_are_refused(
    issued: Any, printed: Any, session: Any, signing: Signing, later: Any, now: Any
) -> None:
    cancelled, revoked, expired = (
        issued(worker={"id_number": number}) for number in (WORKER, "2000000014", "2000000022")
    )
    papers = [printed(row) for row in (cancelled, revoked, expired)]
    cancel.cancel(UnitOfWork(session, HIMSELF, now), HIMSELF.applicant(), cancelled.certificate_no)
    cancel.revoke(
        UnitOfWork(session, OFFICER, now), revoked.certificate_no, RevocationReason.MISUSED
    )
    over = later(expired.valid_until, days=1)

    reasons = [off_line(session, signing, paper, now) for paper in papers]

    assert reasons == [Reason.CANCELLED, Reason.CANCELLED, None]
    assert off_line(session, signing, papers[2], over) is Reason.EXPIRED
    for row, at in ((cancelled, now), (revoked, now), (expired, over)):
        with pytest.raises(NotInForce):
            printed(row, at=at)


def test_the_page_of_the_code_shows_initials_and_no_person(
    client: httpx.Client, in_force: Any, printed: Any
) -> None:
    document = printed(in_force())
    address = document.code.partition("#")[0]

    page = client.get(f"/documents/{address.rpartition('/')[2]}")
    other = client.get(f"/documents/{'A' * 22}")

    assert (page.status_code, other.status_code) == (200, 404)
    assert "شهادة صحية" in page.text
    assert "S. W." in page.text
    for secret in (WORKER, "Sample", "مغسلة الواحة", "IND"):
        assert secret not in page.text


def test_two_numbers_verify_a_certificate_in_either_digits(
    client: httpx.Client, in_force: Any
) -> None:
    row = in_force()

    answer = asked_by_number(client, "١٤٤٨٠٤٨٠٠٠٠٠١", "٢٠٠٠٠٠٠٠٠٦")

    assert answer.json() == {
        "certificate_no": row.certificate_no,
        "valid": True,
        "status": "valid",
        "status_title": {"ar": "سارية", "en": "Valid"},
        "profession": {"code": "laundry-worker", "ar": "عامل مغسلة", "en": "Laundry worker"},
        "seasonal": False,
        "valid_until": row.valid_until.isoformat(),
        "valid_until_hijri": both_calendars(row.valid_until).hijri,
        "initials": "S. W.",
    }


def test_whichever_number_is_wrong_the_answer_is_the_same(
    client: httpx.Client, in_force: Any, session: Any
) -> None:
    row = in_force()
    gone = in_force(worker={"id_number": "2000000014"})
    gone.worker = gone.worker_key = None
    session.flush()

    answers = [
        asked_by_number(client, number, person)
        for number, person in (
            (row.certificate_no, "2000000014"),
            ("1448048999999", WORKER),
            ("1448048999999", "2000000022"),
            (gone.certificate_no, "2000000014"),
            ("nothing at all", "nobody at all"),
        )
    ]

    assert {one.status_code for one in answers} == {404}
    assert len({one.content for one in answers}) == 1


def test_who_tries_numbers_is_stopped_whether_they_exist_or_not(
    client: httpx.Client, in_force: Any, session: Any
) -> None:
    row = in_force(worker={"id_number": "2000000030"})
    row.certificate_no = "1448048222222"
    session.flush()

    for number in ("1448048222222", "1448048333333"):
        answers = [asked_by_number(client, number, f"{number[7]}1000{n:05}") for n in range(11)]
        assert [one.status_code for one in answers] == [404] * 10 + [429]
    for person in ("2000000030", "2000000048"):
        answers = [asked_by_number(client, f"144805{person[-2]}{n:06}", person) for n in range(11)]
        assert [one.status_code for one in answers] == [404] * 10 + [429]


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("valid", "valid"),
        ("cancelled", "cancelled"),
        ("revoked", "cancelled"),
        ("replaced", "replaced"),
    ],
)
def test_who_is_shown_a_certificate_isnt_told_who_ended_it(
    client: httpx.Client, in_force: Any, session: Any, status: str, shown: str
) -> None:
    row = in_force(worker={"id_number": "2000000063"})
    row.status, row.certificate_no = status, f"144804844{len(status):04}"
    session.flush()

    found = asked_by_number(client, row.certificate_no, "2000000063").json()

    assert (found["status"], found["valid"]) == (shown, shown == "valid")
    assert found["status_title"]["ar"] == STATES[shown].ar


def test_every_state_of_a_document_is_one_of_the_contract() -> None:
    from chassis.core import contracts

    schemas = contracts.openapi("health-certs")["components"]["schemas"]
    declared = set(schemas["VerifiedDocument"]["properties"]["state_today"]["enum"])
    assert set(STATES) | {"revoked_key"} == declared
    assert set(schemas["VerifiedCertificate"]["properties"]["status"]["enum"]) == set(STATES)
