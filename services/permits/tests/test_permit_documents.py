"""The permit's own document: what it shows, how it's verified, what takes its worth away."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx
import pypdfium2
import pytest

from devstack.paper_codes import code_on
from documents.encoding import from_text
from documents.issuing.signing import Signing
from documents.keys import KeySet
from documents.papers import Paper
from documents.revocations import RevocationList
from documents.verifying import Reason, verify
from permits.api.permit_print import permit_paper_of
from permits.commands import change_permit, documents
from permits.domain.documents import DaysNotPrintable, PermitNotInForce
from permits.domain.older import PermitUnverified
from permits.models import Permit, PermitDocument
from saudi.days import add_years, legal_day
from saudi.testing import without_direction

from .conftest import NOW
from .papers import off_line, on_line

REASON = "قرار تجريبي (بيانات تجريبية)"
TODAY = NOW.date()
Print = Callable[[Permit], PermitDocument]


@pytest.fixture
def printed(desk: Any, signing: Signing) -> Print:
    """The document of a permit, as the desk asks for it."""

    def of(permit: Permit) -> PermitDocument:
        return documents.document_of_permit(desk.work, permit.permit_id, signing)

    return of


def asked(client: httpx.Client, token: Any, permit: Permit, **claims: Any) -> httpx.Response:
    headers = token("permits.read", **{"municipality": permit.municipality, **claims})
    return client.get(f"/v1/permits/{permit.permit_id}/document", headers=headers)


def words_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def words_on(paper: Paper) -> str:
    rows = (row for section in paper.sections for row in section.rows)
    texts = (part.text for row in rows for part in row.value)
    return "\n".join((paper.number, *(without_direction(text) for text in texts)))


def amend(desk: Any, permit: Permit, **wanted: Any) -> None:
    change_permit.amend(
        desk.work,
        permit.permit_id,
        reason=REASON,
        wanted=wanted,
    )
    desk.session.flush()


def suspend_permit(desk: Any, permit: Permit) -> None:
    change_permit.suspend(
        desk.work,
        permit.permit_id,
        reason=REASON,
        body="البلدية",
    )
    desk.session.flush()


def cancel(desk: Any, permit: Permit) -> None:
    change_permit.cancel_permit(desk.work, permit.permit_id, reason=REASON)
    desk.session.flush()


def test_the_code_on_the_paper_verifies_off_line_with_what_is_published(
    desk: Any, client: httpx.Client, token: Any
) -> None:
    permit = desk.issued()

    answer = asked(client, token, permit)

    keys = KeySet.parse(client.get("/v1/public/document-keys").content)
    listed = client.get("/v1/public/document-revocations").json()["list"]
    finding = verify(
        code_on(answer.content), keys, RevocationList.parse(listed, keys), on=legal_day(NOW)
    )
    assert answer.headers["content-type"] == "application/pdf"
    assert finding.is_valid
    said = finding.statement
    assert said is not None
    assert (said.kind, said.number) == ("building_permit", permit.permit_number)
    assert (said.issued_on, said.expires_on) == (permit.issued_on, permit.expires_on)
    assert (said.place, said.initials) == ("بلدية وسط القطيف", None)


def test_the_paper_shows_what_the_permit_keeps_and_no_whole_number_of_a_person(
    desk: Any, client: httpx.Client, token: Any, printed: Print
) -> None:
    builder = {
        "name": "مقاول (بيانات تجريبية)",
        "licence_number": "C-881",
        "classification": "فئة ب",
    }
    agent = {
        "name": "وكيل تجربة",
        "capacity": "legal_agent",
        "authority_number": "4410077",
        "authorised_on": date(2024, 7, 7),
    }
    permit = desk.issued(contractor=builder, representative=agent)

    pdf = asked(client, token, permit).content
    document = printed(permit)

    text = words_on(permit_paper_of(document.content, document.made_at, today=TODAY))

    for shown in (
        *(permit.permit_number, permit.request_number, "2026/11/24", "1448/06/14"),
        *("713/7", "215 - 216", "912304005678", "540.50", "310.25", "10******08"),
        *("5210", "C-881", "فئة ب", "4410077", "1446/01/01", "26.563900"),
    ):
        assert shown in text, shown
    for secret in ("1000000008", "0501234567", "966501234567"):
        assert secret not in text
        assert secret not in words_of(pdf)


def test_the_content_that_is_kept_has_no_whole_number_and_no_mobile(
    desk: Any, printed: Print
) -> None:
    document = printed(desk.issued())

    said = from_text(document.code.partition("#")[2].partition(".")[0])

    assert "1000000008" not in str(document.content)
    assert "mobile" not in str(document.content)
    for secret in ("1000000008", "حسن", "912304005678"):
        assert secret.encode() not in said


def test_an_unchanged_permit_gets_the_same_document_and_the_same_bytes(
    desk: Any, client: httpx.Client, token: Any, session: Any
) -> None:
    permit = desk.issued()
    version = permit.version

    first, second = (asked(client, token, permit).content for _ in range(2))

    headers = token("permits.read", municipality="qatif")
    told = client.get(f"/v1/permits/{permit.permit_id}/history", headers=headers).json()["items"]
    assert first == second
    assert session.query(PermitDocument).count() == 1
    assert permit.version == version
    assert [one["action"] for one in told].count("print") == 1


def test_a_corrected_permit_takes_the_worth_of_the_paper_before_another_is_printed(
    desk: Any, printed: Print, signing: Signing, client: httpx.Client
) -> None:
    permit = desk.issued()
    old = printed(permit)

    amend(desk, permit, land={"plots": ["217"]})

    found = on_line(client, old)
    assert off_line(desk, signing, old, TODAY) is Reason.REPLACED
    assert (found["reason"], found["state_today"]) == ("replaced", "replaced")
    new = printed(permit)
    assert off_line(desk, signing, new, TODAY) is None
    assert new.content["land"]["plots"] == ["217"]


def test_a_correction_of_what_the_paper_doesnt_show_leaves_it(
    desk: Any, printed: Print, signing: Signing
) -> None:
    permit = desk.issued()
    document = printed(permit)

    correct = [{"position": 0, "mobile": "0507654321"}]
    amend(desk, permit, owners={"version": permit.version, "correct": correct})

    assert off_line(desk, signing, document, TODAY) is None
    assert printed(permit).document_id == document.document_id


@pytest.mark.parametrize(
    ("kind", "state", "title"),
    [("renewal", "renewed", "مجددة"), ("ownership_transfer", "superseded", "مستبدلة")],
)
def test_the_permit_that_follows_takes_the_place_of_the_document(
    kind: str,
    state: str,
    title: str,
    desk: Any,
    printed: Print,
    signing: Signing,
    client: httpx.Client,
) -> None:
    permit = desk.issued()
    document = printed(permit)

    after = desk.issued(kind=kind, previous_permit_id=permit.permit_id)
    desk.session.flush()

    found = on_line(client, document)
    assert off_line(desk, signing, document, TODAY) is Reason.REPLACED
    assert (found["reason"], found["state_today"]) == ("replaced", state)
    assert found["state_today_title"]["ar"] == title
    assert printed(after).content["predecessor"]["permit_number"] == permit.permit_number


@pytest.mark.parametrize(
    ("act", "reason", "state"),
    [(suspend_permit, Reason.SUSPENDED, "suspended"), (cancel, Reason.CANCELLED, "cancelled")],
)
def test_a_permit_that_was_stopped_is_refused_off_line_by_its_address_and_at_the_desk(
    act: Any,
    reason: Reason,
    state: str,
    desk: Any,
    printed: Print,
    signing: Signing,
    client: httpx.Client,
) -> None:
    permit = desk.issued()
    document = printed(permit)

    act(desk, permit)

    found = on_line(client, document)
    assert off_line(desk, signing, document, TODAY) is reason
    assert (found["reason"], found["state_today"]) == (state, state)
    with pytest.raises(PermitNotInForce):
        printed(permit)


def test_a_reinstated_permit_has_the_document_that_it_had(
    desk: Any, printed: Print, signing: Signing
) -> None:
    permit = desk.issued()
    document = printed(permit)
    suspend_permit(desk, permit)

    change_permit.reinstate(desk.work, permit.permit_id, reason=REASON)

    assert off_line(desk, signing, document, TODAY) is None
    assert printed(permit).document_id == document.document_id


def test_the_document_of_a_finished_building_counts_and_says_so(
    desk: Any, printed: Print, signing: Signing, client: httpx.Client
) -> None:
    permit = desk.issued()
    document = printed(permit)
    desk.insulated(permit)
    desk.complete(permit)
    desk.session.flush()

    found = on_line(client, document)
    address = document.code.partition("#")[0].removeprefix("http://service.test")

    assert off_line(desk, signing, document, TODAY) is None
    assert (found["valid"], found["reason"], found["state_today"]) == (True, None, "completed")
    assert client.get(f"/v1/public{address}").json()["valid"] is True
    assert "منجزة" in client.get(address).text
    with pytest.raises(PermitNotInForce):
        printed(permit)


def test_a_copy_of_an_expired_permit_says_so_and_its_code_ended_with_its_last_day(
    desk: Any, printed: Print, signing: Signing
) -> None:
    permit = desk.issued()
    document = printed(permit)

    desk.now = NOW.replace(year=NOW.year + 3) + timedelta(days=1)

    assert off_line(desk, signing, document, permit.expires_on) is None
    after = permit.expires_on + timedelta(days=1)
    assert off_line(desk, signing, document, after) is Reason.EXPIRED
    copy = printed(permit)
    states = [
        permit_paper_of(copy.content, copy.made_at, today=day).state.ar
        for day in (permit.expires_on, after)
    ]
    assert (copy.document_id, states) == (document.document_id, ["سارية", "منتهية"])


def test_a_permit_that_was_never_printed_is_copied_after_it_expired(
    desk: Any, printed: Print, client: httpx.Client, signing: Signing
) -> None:
    permit = desk.older(issued_on=date(2020, 1, 5))
    desk.verified(permit)

    copy = printed(permit)

    found = on_line(client, copy)
    assert (found["reason"], found["state_today"]) == ("expired", "expired")
    assert off_line(desk, signing, copy, TODAY) is Reason.EXPIRED


def test_a_refused_document_says_which_one_to_print_instead(
    desk: Any, client: httpx.Client, token: Any
) -> None:
    permit = desk.issued()
    suspend_permit(desk, permit)

    answer = asked(client, token, permit)

    assert answer.status_code == 409
    assert "لا تُطبع ما دام الإيقاف قائمًا" in answer.json()["detail"]


def test_an_older_permit_is_printed_once_its_verified_as_a_kind_of_its_own(
    desk: Any, printed: Print, client: httpx.Client, token: Any
) -> None:
    permit = desk.older(permit_number="1446/ج٢٢")
    with pytest.raises(PermitUnverified):
        printed(permit)

    desk.verified(permit)

    answer = asked(client, token, permit)
    assert printed(permit).kind == "paper_building_permit"
    assert answer.headers["content-disposition"] == 'inline; filename="1446--22.pdf"'
    assert "أرشيف تجريبي" in printed(permit).content["source"]["reference"]


def test_an_older_permit_with_a_day_that_no_code_holds_is_refused_by_name(
    desk: Any, printed: Print
) -> None:
    before = date(1999, 3, 1)
    permit = desk.older(issued_on=before, expires_on=add_years(TODAY, 1))
    desk.verified(permit)

    with pytest.raises(DaysNotPrintable):
        printed(permit)


def test_a_permit_that_isnt_in_force_is_refused_in_words(
    desk: Any, client: httpx.Client, token: Any
) -> None:
    permit = desk.issued()
    cancel(desk, permit)

    refused = asked(client, token, permit)

    assert refused.status_code == 409
    assert refused.json()["type"].endswith("permit-not-in-force")
    assert "ملغاة" in refused.json()["detail"]


def test_another_branch_and_another_scope_get_no_document(
    desk: Any, client: httpx.Client, token: Any, session: Any
) -> None:
    permit = desk.issued()
    url = f"/v1/permits/{permit.permit_id}/document"
    missing = "/v1/permits/0195ff10-4d00-7b22-9d3f-000000000077/document"

    theirs = client.get(url, headers=token("permits.read", municipality="tarout"))
    nothing = client.get(missing, headers=token("permits.read", municipality="tarout"))

    assert theirs.status_code == nothing.status_code == 404
    assert theirs.json() == nothing.json()
    assert client.get(url, headers=token("releases.write", municipality="qatif")).status_code == 403
    assert client.get(url).status_code == 401
    assert session.query(PermitDocument).count() == 0


def test_the_address_in_the_code_shows_what_the_code_says_and_no_owner(
    desk: Any, printed: Print, client: httpx.Client
) -> None:
    document = printed(desk.issued())
    address = document.code.partition("#")[0].removeprefix("http://service.test")

    page = client.get(address)
    facts = client.get(f"/v1/public{address}").json()

    until = "24 نوفمبر 2029"
    for shown in ("سارية", "رخصة بناء", document.number, "بلدية وسط القطيف", until):
        assert shown in page.text
    for secret in ("حسن", "10******08", "912304005678", "713/7"):
        assert secret not in page.text
        assert secret not in str(facts)
    assert (facts["valid"], facts["document"]["kind"]) == (True, "building_permit")
