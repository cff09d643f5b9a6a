"""A certificate goes with its worker: where to, by whom, and what is left behind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.core.ids import new_id
from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from documents.issuing.reading import verified
from documents.issuing.signing import Signing
from health_certs.commands import cancel, move, signed_documents
from health_certs.commands.uniqueness import CertificateHeld, RequestOpen
from health_certs.domain.certificates import RevocationReason
from health_certs.models import Certificate, Education, KnownApplication, KnownLicence
from health_certs.models.certificates import REGISTER

from .conftest import APPLICATION_NO, LICENCE_NO
from .people import DELEGATE, HIMSELF, OFFICER, OTHER, SHOP, STRANGER, Actor

OTHER_LICENCE, BRANCH = "144804000025", "144804000041"
NEXT = "1448040000025"
OF_BOTH = Actor("c_both", "1000000032", frozenset((SHOP, OTHER)), mobile="+966500000032")


@pytest.fixture(autouse=True)
def other_shop(known_licence: Callable[..., KnownLicence]) -> KnownLicence:
    """Another laundry, of Safwa."""
    return known_licence(
        licence_no=OTHER_LICENCE,
        municipality="safwa",
        establishment=OTHER,
        trade_name="مغسلة البحر (بيانات تجريبية)",
    )


@pytest.fixture
def moves(session: Any, now: Any) -> Any:
    def move_to(
        row: Certificate, by: Actor, licence_no: str | None, after: timedelta = timedelta()
    ) -> Certificate:
        named = {"licence_no": licence_no} if licence_no else None
        own, number = by.applicant(), row.certificate_no
        return move.move(UnitOfWork(session, by, now + after), own, number, named)

    return move_to


def test_a_worker_takes_his_certificate_to_another_establishment(
    issued: Any, moves: Any, event_names: Any, outbox_rows: Any
) -> None:
    made = issued()

    moves(made, HIMSELF, OTHER_LICENCE)

    assert (made.establishment, made.licence_no, made.municipality, made.status) == (
        *(OTHER, OTHER_LICENCE, "saihat", "valid"),
    )
    assert made.trade_name == "مغسلة البحر (بيانات تجريبية)"
    assert event_names("certificate") == ["issued", "transferred"]
    first, last = (
        one.envelope["data"] for one in outbox_rows() if one.topic == "health-certs.certificate"
    )
    assert last["establishment"]["unified_number"] == OTHER
    assert first["worker"] != last["worker"]  # a token of another establishment
    [contact] = last[
        "contacts"
    ]  # the mobile of the sign-in: the former establishment wrote the other one
    assert contact["role"] == "worker"


@pytest.fixture
def told(session: Any, outbox_rows: Any) -> Callable[[Certificate], list[tuple[str, str, bool]]]:
    """Returns a function that opens the contacts of the certificate's last event."""

    def opened(row: Certificate) -> list[tuple[str, str, bool]]:
        last = [one for one in outbox_rows() if one.aggregate_id == row.certificate_id][-1]
        found = contacts_of(session).open(row.certificate_id, last.envelope["data"]["contacts"])
        return [(one.role, one.mobile, one.confirmed) for one in found]

    return opened


def revoked(session: Any, row: Certificate, now: datetime) -> None:
    cancel.revoke(UnitOfWork(session, OFFICER, now), row.certificate_no, RevocationReason.MISUSED)


def test_after_the_move_the_worker_is_told_and_a_former_employer_who_wrote_his_own_mobile_is_not(
    issued: Any, moves: Any, told: Any, session: Any, now: datetime
) -> None:
    row = issued(worker={"mobile": "0500000016"})
    assert ("worker", "+966500000016", True) in told(row)

    moves(row, HIMSELF, OTHER_LICENCE)
    assert told(row) == [("worker", HIMSELF.mobile, True)]  # the reminders come from here
    revoked(session, row, now)

    assert told(row) == [("worker", HIMSELF.mobile, True)]


def test_a_worker_whose_sign_in_knows_no_mobile_is_not_told_at_a_former_employers(
    issued: Any, moves: Any, told: Any
) -> None:
    row = issued(worker={"mobile": "0500000016"})

    moves(row, replace(HIMSELF, mobile=None), OTHER_LICENCE)

    assert told(row) == []


def test_a_worker_whose_delegate_wrote_the_mobile_is_told_while_he_is_with_the_establishment(
    issued: Any, told: Any, session: Any, now: datetime
) -> None:
    row = issued()

    revoked(session, row, now)

    assert ("worker", "+966500000001", True) in told(row)


@pytest.mark.parametrize(("mobile", "confirmed"), [("0500000001", True), ("0500000099", False)])
def test_a_worker_who_applied_himself_is_told_after_the_move(
    issued: Any, moves: Any, told: Any, session: Any, now: datetime, mobile: str, confirmed: bool
) -> None:
    row = issued(own=HIMSELF.applicant(), worker={"mobile": mobile})

    moves(row, HIMSELF, OTHER_LICENCE)
    revoked(session, row, now)

    assert told(row) == [("worker", f"+966{mobile[1:]}", confirmed)]


def test_a_delegate_lets_a_worker_go_and_sees_him_no_more(issued: Any, moves: Any) -> None:
    made = issued()

    moves(made, DELEGATE, None)

    assert (made.establishment, made.licence_no, made.status) == (None, None, "valid")
    with pytest.raises(NotFound):
        moves(made, DELEGATE, LICENCE_NO)


def test_a_delegate_moves_a_worker_between_his_own_establishments_alone(
    issued: Any, moves: Any
) -> None:
    made = issued()

    with pytest.raises(InvalidFields):
        moves(made, DELEGATE, OTHER_LICENCE)
    moves(made, OF_BOTH, OTHER_LICENCE)

    assert made.establishment == OTHER
    assert made.applicant["subject"] == "c_both"


def test_nobody_takes_a_worker_from_another_establishment(issued: Any, moves: Any) -> None:
    made = issued()

    with pytest.raises(NotFound):
        moves(made, STRANGER, OTHER_LICENCE)


def test_where_it_is_it_neednt_go(issued: Any, moves: Any) -> None:
    made = issued()

    with pytest.raises(InvalidFields) as error:
        moves(made, HIMSELF, LICENCE_NO)
    assert error.value.faults[0].code == "same-establishment"


def test_a_certificate_goes_to_another_branch_of_its_establishment(
    issued: Any, moves: Any, known_licence: Any
) -> None:
    made = issued()
    known_licence(licence_no=BRANCH, municipality="saihat", establishment=SHOP, trade_name=None)

    moves(made, DELEGATE, BRANCH)

    assert (made.establishment, made.licence_no, made.applicant["subject"]) == (
        *(SHOP, BRANCH, DELEGATE.subject),
    )


def test_a_certificate_goes_from_a_refused_application_to_the_next_of_its_establishment(
    session: Any, issued: Any, new_shop: Any, now: Any
) -> None:
    made = issued(establishment={"application_no": APPLICATION_NO})
    new_shop.status = "refused"
    following = {name: getattr(new_shop, name) for name in ("municipality", "establishment")}
    session.add(
        KnownApplication(
            application_id=new_id(),
            version=1,
            application_no=NEXT,
            status="waiting",
            changed_at=now,
            **following,
        )
    )
    number, named = made.certificate_no, {"application_no": NEXT}

    move.move(UnitOfWork(session, DELEGATE, now), DELEGATE.applicant(), number, named)

    assert (made.establishment, made.licence_no, made.application_no) == (SHOP, None, NEXT)


def test_of_two_certificates_at_branches_of_an_establishment_neither_goes_to_a_branch(
    issued: Any, moves: Any, known_licence: Any
) -> None:
    known_licence(licence_no=BRANCH, municipality="saihat", establishment=SHOP, trade_name=None)
    issued()
    elsewhere = issued(establishment={"licence_no": OTHER_LICENCE}, own=OF_BOTH.applicant())

    with pytest.raises(CertificateHeld):
        moves(elsewhere, HIMSELF, BRANCH)


def test_a_worker_has_one_certificate_for_a_profession_at_an_establishment(
    issued: Any, moves: Any
) -> None:
    there = issued(establishment={"licence_no": OTHER_LICENCE}, own=OF_BOTH.applicant())
    here = issued()

    with pytest.raises(CertificateHeld):
        moves(here, HIMSELF, OTHER_LICENCE)
    assert (here.establishment, there.establishment) == (SHOP, OTHER)


def test_a_paper_that_names_the_former_establishment_counts_no_more(
    issued: Any, moves: Any, session: Any, settings: Any, now: Any
) -> None:
    made = issued()
    signing = Signing(settings.keyrings()["document_key"], settings.documents_base)
    paper = signed_documents.document_of(session, HIMSELF, made, signing, now=now)

    moves(made, HIMSELF, None)

    found = verified(session, [REGISTER], paper.document_id, today=now.date())
    assert found.state_today == "replaced"
    new = signed_documents.document_of(session, HIMSELF, made, signing, now=now)
    assert new.document_id != paper.document_id


def test_no_certificate_goes_where_another_one_is_asked_for(
    issued: Any, make_request: Any, moves: Any
) -> None:
    there = issued(establishment={"licence_no": OTHER_LICENCE}, own=OF_BOTH.applicant())
    make_request()

    with pytest.raises(RequestOpen):
        moves(there, HIMSELF, LICENCE_NO)


def test_letting_a_worker_go_does_not_tell_what_else_he_has(issued: Any, moves: Any) -> None:
    own = issued()
    moves(own, HIMSELF, None)
    made = issued()

    moves(made, DELEGATE, None)

    assert (made.establishment, own.status, made.status) == (None, "valid", "valid")


@pytest.fixture
def cook(known_licence: Any, issued: Any) -> Certificate:
    """Issues a certificate of Umm al-Hamam, which asks for no health education."""
    known_licence(
        licence_no="144810000025", municipality="umm-al-hamam", establishment=OTHER,
        trade_name="مطعم النخلة (بيانات تجريبية)",
    )  # fmt: skip
    made: Certificate = issued(
        profession="cook", establishment={"licence_no": "144810000025"}, own=OF_BOTH.applicant()
    )
    return made


def passed(row: Certificate, course: str, now: datetime) -> Education:
    """As an officer has entered it, for another request of the worker."""
    return Education(
        education_id=new_id(), worker_number=row.worker_number, worker_key=row.worker_number,
        course=course, language="en", passed_on=now.date(), valid_until=now.date(),
        entered_by="بيانات تجريبية", entered_at=now,
    )  # fmt: skip


@pytest.mark.parametrize("by", [HIMSELF, OF_BOTH])
def test_a_town_that_asks_for_health_education_takes_no_certificate_without_it(
    cook: Certificate, moves: Any, session: Any, now: Any, by: Actor
) -> None:
    with pytest.raises(InvalidFields) as error:
        moves(cook, by, LICENCE_NO)
    assert error.value.faults[0].code == "education-asked"

    for course in ("personal-care", "food-handlers"):
        with pytest.raises(InvalidFields):
            moves(cook, by, LICENCE_NO)
        session.add(passed(cook, course, now))
        session.flush()
    moves(cook, by, LICENCE_NO)

    assert cook.establishment == SHOP


def test_a_certificate_is_not_lent_from_shop_to_shop(issued: Any, moves: Any, now: Any) -> None:
    """For each of them it would be counted when its licence is decided."""
    made = issued()
    for licence_no in (OTHER_LICENCE, LICENCE_NO) * 2:
        moves(made, HIMSELF, licence_no)

    with pytest.raises(move.MovedTooOften):
        moves(made, HIMSELF, OTHER_LICENCE)
    moves(made, HIMSELF, None)  # he may always leave
    with pytest.raises(move.MovedTooOften):
        moves(made, HIMSELF, OTHER_LICENCE, after=timedelta(days=29))
    moves(made, HIMSELF, OTHER_LICENCE, after=timedelta(days=30, seconds=1))

    assert made.establishment == OTHER
