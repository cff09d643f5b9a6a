"""Documents of certificates: printed, verified off line and by their address; what takes their worth away."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from devstack.paper_codes import code_on
from documents.encoding import from_text
from documents.issuing import keeping
from documents.issuing.reading import published_keys
from documents.issuing.signing import Signing
from documents.keys import KeySet, SigningKey
from documents.revocations import RevocationList
from documents.statements import Statement
from documents.verifying import Reason, verify
from permits.commands import completion, documents, insulation, occupancy
from permits.domain.documents import NotInForce
from permits.models import Certificate, SignedDocument
from permits.models.documents import REGISTER
from saudi.days import legal_day

from .buildings import asked as requested
from .buildings import completed, examined, occupied, signed
from .conftest import NOW
from .papers import off_line, on_line

KINDS = ["insulation", "completion", "occupancy"]
REASON = "تبين خلاف ذلك"
TODAY = NOW.date()
Print = Callable[[Certificate], SignedDocument]


@pytest.fixture
def printed(desk: Any, signing: Signing) -> Print:
    """The document of a certificate, as the desk asks for it."""

    def of(row: Certificate) -> SignedDocument:
        return documents.document_of(desk.work, row.certificate_id, signing)

    return of


@pytest.fixture
def certificate(desk: Any) -> Callable[[str], Certificate]:
    """An issued certificate of that kind, of a building of its own."""

    def of(kind: str) -> Certificate:
        if kind == "insulation":
            row: Certificate = desk.insulated(desk.issued())
            return row
        if kind == "completion":
            permit = desk.issued()
            desk.insulated(permit)
            done: Certificate = desk.complete(permit)
            return done
        return occupied(desk, completed(desk))

    return of


@pytest.fixture
def temporary(desk: Any) -> Callable[..., Certificate]:
    """A temporary occupancy certificate until that day."""

    def of(valid_until: Any) -> Certificate:
        permit = desk.issued()
        desk.insulated(permit)
        return signed(desk, examined(desk, requested(desk, permit, "temporary")), valid_until)

    return of


def asked(client: httpx.Client, token: Any, row: Certificate, **claims: Any) -> httpx.Response:
    headers = token("permits.read", **{"municipality": row.municipality, **claims})
    return client.get(f"/v1/certificates/{row.certificate_id}/document", headers=headers)


@pytest.mark.parametrize("kind", KINDS)
def test_the_code_on_the_paper_verifies_off_line_with_what_is_published(
    kind: str, client: httpx.Client, token: Any, certificate: Any
) -> None:
    row = certificate(kind)

    answer = asked(client, token, row)

    keys = KeySet.parse(client.get("/v1/public/document-keys").content)
    listed = client.get("/v1/public/document-revocations").json()["list"]
    finding = verify(
        code_on(answer.content),
        keys,
        RevocationList.parse(listed, keys),
        on=legal_day(row.opened_at),
    )
    assert answer.headers["content-type"] == "application/pdf"
    assert finding.is_valid
    assert finding.statement is not None
    assert finding.statement.kind == f"{kind}_certificate"
    assert finding.statement.number == row.certificate_number
    assert finding.statement.issued_on == row.issued_on
    assert finding.statement.place == "بلدية وسط القطيف"


def test_a_code_holds_no_number_and_no_name_of_a_person(certificate: Any, printed: Print) -> None:
    document = printed(certificate("occupancy"))

    said = from_text(document.code.partition("#")[2].partition(".")[0])

    assert document.initials is None
    for secret in ("1000000008", "حسن", "912304005678", "0501234567"):
        assert secret.encode() not in said
        assert secret not in document.code


def test_two_offices_with_the_same_number_dont_share_a_code(
    desk: Any, printed: Print, session: Any
) -> None:
    tarout = {"municipality": "tarout", "land__town": "تاروت", "land__district": "سنابس"}
    for place in ({}, tarout):
        printed(desk.insulated(desk.issued(**place)))
    session.execute(text("UPDATE number_series SET last = 900"))

    here = printed(desk.insulated(desk.issued()))
    there = printed(desk.insulated(desk.issued(**tarout)))

    assert here.number == there.number
    assert (here.place, there.place) == ("بلدية وسط القطيف", "بلدية تاروت")


@pytest.mark.parametrize("kind", KINDS)
def test_an_unchanged_certificate_gets_the_same_document_and_the_same_bytes(
    kind: str, client: httpx.Client, token: Any, certificate: Any, session: Any
) -> None:
    row = certificate(kind)
    version = row.version

    first, second = (asked(client, token, row).content for _ in range(2))

    assert first == second
    assert session.query(SignedDocument).count() == 1
    assert row.version == version


def test_an_insulation_that_went_to_the_next_permit_gets_another_document(
    desk: Any, printed: Print, signing: Signing
) -> None:
    before = desk.issued()
    row = desk.insulated(before)
    old = printed(row)
    after = desk.issued(kind="ownership_transfer", previous_permit_id=before.permit_id)
    desk.session.refresh(row)

    new = printed(row)

    assert new.content["permit"]["permit_number"] == after.permit_number
    assert off_line(desk, signing, old, TODAY) is Reason.REPLACED
    assert off_line(desk, signing, new, TODAY) is None


def revoke(desk: Any, row: Certificate) -> None:
    if row.kind == "insulation":
        insulation.revoke_insulation(desk.work, row.certificate_id, reason=REASON)
    elif row.kind == "completion":
        completion.revoke_completion(
            desk.work,
            row.certificate_id,
            reason=REASON,
            insulation_years=0,
        )
    else:
        occupancy.revoke_occupancy(desk.work, row.certificate_id, reason=REASON)


@pytest.mark.parametrize("kind", KINDS)
def test_a_revoked_certificate_is_refused_off_line_and_by_its_address(
    kind: str,
    desk: Any,
    certificate: Any,
    printed: Print,
    signing: Signing,
    client: httpx.Client,
) -> None:
    row = certificate(kind)
    document = printed(row)
    assert off_line(desk, signing, document, TODAY) is None

    revoke(desk, row)
    desk.session.flush()

    found = on_line(client, document)
    assert off_line(desk, signing, document, TODAY) is Reason.CANCELLED
    assert (found["reason"], found["state_today"]) == ("cancelled", "cancelled")
    assert found["state_today_title"]["ar"] == "ملغاة"


def test_a_completion_whose_insulation_was_revoked_is_flagged_off_line_and_by_its_address(
    desk: Any, printed: Print, signing: Signing, client: httpx.Client
) -> None:
    permit = desk.issued()
    ground = desk.insulated(permit)
    document = printed(desk.complete(permit))

    revoke(desk, ground)
    desk.session.flush()

    found = on_line(client, document)
    assert off_line(desk, signing, document, TODAY) is Reason.SUSPENDED
    assert (found["reason"], found["state_today"]) == ("suspended", "flagged")
    assert found["state_today_title"]["ar"] == "عليها إشارة للمراجعة"


def test_a_temporary_occupancy_ends_with_its_last_day(
    desk: Any, temporary: Any, printed: Print, signing: Signing
) -> None:
    document = printed(temporary(TODAY + timedelta(days=90)))

    assert off_line(desk, signing, document, TODAY + timedelta(days=90)) is None
    assert off_line(desk, signing, document, TODAY + timedelta(days=91)) is Reason.EXPIRED


def test_a_stolen_key_voids_its_documents_which_are_then_signed_anew(
    desk: Any, certificate: Any, printed: Print, signing: Signing, client: httpx.Client
) -> None:
    row = certificate("insulation")
    old = printed(row)
    keeping.revoke_key(
        desk.session, REGISTER, old.key_id, by="operations", reason="سُرق", now=desk.now
    )
    stolen = signing.current
    signing.current = SigningKey(os.urandom(32))

    new = printed(row)

    keys = published_keys(desk.session, REGISTER, [signing.current.public])
    assert stolen.public.key_id == old.key_id
    assert verify(old.code, keys, on=TODAY).reason is Reason.REVOKED_KEY
    assert verify(new.code, keys, on=TODAY).is_valid
    assert on_line(client, old)["reason"] == "revoked-key"


def test_a_code_that_was_changed_or_never_made_is_refused_with_its_reason(
    certificate: Any, printed: Print, signing: Signing, client: httpx.Client
) -> None:
    document = printed(certificate("insulation"))
    never = Statement(
        document_id=UUID(int=7), kind="completion_certificate", number="1448/1", state="valid",
        issued_on=TODAY, expires_on=None,
    )  # fmt: skip
    head, _, signature = document.code.rpartition(".")
    body = head[:-1] + ("A" if head[-1] != "A" else "B")

    def reason(code: str) -> Any:
        answer = client.post("/v1/public/document-verifications", json={"code": code})
        return answer.json()["reason"]

    assert reason(f"{body}.{signature}") == "tampered"
    assert reason(document.code.replace("service.test", "elsewhere.test")) == "tampered"
    assert reason(signing.current.sign(never, signing.base)) == "tampered"
    assert reason(SigningKey(os.urandom(32)).sign(never, signing.base)) == "unknown-key"
    assert reason("https://elsewhere.example/") == "unreadable"


def test_the_address_in_the_code_shows_what_the_code_says_and_no_owner(
    certificate: Any, printed: Print, client: httpx.Client
) -> None:
    document = printed(certificate("occupancy"))
    address = document.code.partition("#")[0].removeprefix("http://service.test")

    page = client.get(address)
    facts = client.get(f"/v1/public{address}").json()

    assert page.status_code == 200
    for shown in ("سارية", "شهادة الإشغال", document.number, "بلدية وسط القطيف", "لا تنتهي"):
        assert shown in page.text
    for secret in ("حسن", "1000000008", "EQTB1234", "713/7"):
        assert secret not in page.text
        assert secret not in str(facts)
    assert (facts["valid"], facts["document"]["expires_on"]) == (True, None)


def test_an_address_without_a_document_says_not_to_rely_on_the_paper(client: httpx.Client) -> None:
    page = client.get("/documents/b5YZ_4uGQBG0LQDPT8lk_w")

    assert page.status_code == 404
    assert "لا توجد وثيقة" in page.text
    assert client.get("/documents/1").headers["content-type"].startswith("text/html")


def test_a_certificate_that_isnt_in_force_has_no_document(
    desk: Any, certificate: Any, client: httpx.Client, token: Any, printed: Print
) -> None:
    row = certificate("completion")
    revoke(desk, row)
    pending = insulation.open_insulation(desk.work, desk.issued().permit_id)

    refused = asked(client, token, row)

    assert refused.status_code == 409
    assert refused.json()["type"].endswith("certificate-not-in-force")
    assert "ملغاة" in refused.json()["detail"]
    with pytest.raises(NotInForce):
        printed(pending)
    assert "قيد المعاينة" in asked(client, token, pending).json()["detail"]


def test_a_flagged_certificate_has_no_document(desk: Any, printed: Print) -> None:
    permit = desk.issued()
    ground = desk.insulated(permit)
    row = desk.complete(permit)
    revoke(desk, ground)

    with pytest.raises(NotInForce):
        printed(row)


def test_another_branch_and_another_scope_get_no_document(
    certificate: Any, client: httpx.Client, token: Any
) -> None:
    row = certificate("insulation")
    url = f"/v1/certificates/{row.certificate_id}/document"
    missing = "/v1/certificates/0195ff10-4d00-7b22-9d3f-000000000077/document"

    theirs = client.get(url, headers=token("permits.read", municipality="tarout"))
    nothing = client.get(missing, headers=token("permits.read", municipality="tarout"))

    assert theirs.status_code == nothing.status_code == 404
    assert theirs.json() == nothing.json()
    assert client.get(url, headers=token("releases.write", municipality="qatif")).status_code == 403
    assert client.get(url).status_code == 401


def test_that_a_document_was_made_stands_in_the_history_once(
    certificate: Any, client: httpx.Client, token: Any
) -> None:
    row = certificate("insulation")
    for _ in range(2):
        asked(client, token, row)

    headers = token("permits.read", municipality="qatif")
    told = client.get(f"/v1/permits/{row.permit_id}/history", headers=headers).json()["items"]

    assert [one["action"] for one in told].count("print") == 1


def test_the_list_holds_no_number_and_no_person(
    desk: Any, certificate: Any, printed: Print, client: httpx.Client
) -> None:
    row = certificate("insulation")
    printed(row)
    revoke(desk, row)
    desk.session.flush()

    listed = client.get("/v1/public/document-revocations").json()["list"]
    claims = json.loads(from_text(listed.split(".")[1]))

    assert list(claims["documents"].values()) == ["cancelled"]
    assert "1448/" not in str(claims)
