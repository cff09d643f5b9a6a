"""A shop or a professional moves: the applicant's own licence ends with the new licence, and no other licence."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core.refusals import InvalidFields
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.bill import receive_payment
from licences.commands.correct import correct_application, correct_from_partner
from licences.commands.issue import MOVED
from licences.commands.other_licences import predecessors_of
from licences.commands.recording import SYSTEM
from licences.commands.submit import submit_from_partner
from licences.commands.supervise import (
    BY_MUNICIPALITY,
    cancel_by_municipality,
    close_licence,
    suspend_licence,
)
from licences.domain.submissions import LicenceStopped
from licences.models import Licence
from saudi.branches import GOVERNORATE

NEW_PLACE = {"town": "سيهات", "district": "النور", "latitude": 26.49, "longitude": 50.03}
IN_TAROUT = {"town": "تاروت", "district": "الربيعية", "latitude": 26.57, "longitude": 50.06}


@pytest.fixture
def old(submit_and_decide: Any, shop: Any, session: Any, now: datetime) -> Licence:
    """A shop's licence in Saihat."""
    row = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
    return session.scalars(select(Licence)).one()


def issued(session: Any, row: Any, now: datetime) -> Licence:
    if row.invoice_id is not None:
        receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
    assert row.status == "issued"
    return session.scalar(select(Licence).where(Licence.licence_no == row.licence_no))


def test_a_professional_moves_as_a_shop_does(
    submit_and_decide: Any, professional: Any, session: Any, now: datetime
) -> None:
    first = issued(session, submit_and_decide(professional()), now)

    moved = submit_and_decide(professional(place=NEW_PLACE, replaces_licence_no=first.licence_no))

    assert issued(session, moved, now).status == "valid"
    assert (first.status, first.reason_code) == ("cancelled", MOVED)
    assert first.replaced_by == moved.licence_no


def test_an_owner_moves_into_another_municipality(
    submit_body: Any, answer: Any, branch: Any, session: Any, old: Licence, now: datetime
) -> None:
    body = branch(place=IN_TAROUT, replaces_licence_no=old.licence_no)
    row = submit_body(body, municipality="tarout", channel="citizen")
    answer()

    assert issued(session, row, now).municipality == "tarout"
    assert (old.municipality, old.status) == ("saihat", "cancelled")


def test_the_governorate_moves_a_shop_out_of_any_municipality(
    submit_body: Any, answer: Any, branch: Any, session: Any, old: Licence, now: datetime
) -> None:
    body = branch(place=NEW_PLACE, replaces_licence_no=old.licence_no)
    row = submit_body(body, municipality=GOVERNORATE)
    answer()

    issued(session, row, now)

    assert (old.status, old.replaced_by) == ("cancelled", row.licence_no)


def test_a_municipality_ends_no_licence_of_another_one(
    submit_body: Any, branch: Any, session: Any, old: Licence
) -> None:
    """The municipality doesn't learn either whether the licence exists."""
    for number in (old.licence_no, "144804999999"):
        with pytest.raises(InvalidFields) as refusal:
            submit_body(branch(place=IN_TAROUT, replaces_licence_no=number), municipality="tarout")

        (fault,) = refusal.value.faults
        assert (fault.field, fault.code) == ("replaces_licence_no", "licence-unknown")


def test_the_licence_of_another_establishment_is_not_left(
    submit_body: Any, branch: Any, shop: Any, old: Licence
) -> None:
    other = {**shop()["establishment"], "unified_number": "7000000013"}

    with pytest.raises(InvalidFields, match="licence-unknown"):
        submit_body(
            branch(establishment=other, replaces_licence_no=old.licence_no), channel="citizen"
        )


def test_a_shop_s_licence_is_not_left_by_its_owner_as_a_person(
    submit_body: Any, professional: Any, old: Licence
) -> None:
    with pytest.raises(InvalidFields, match="licence-unknown"):
        submit_body(professional(replaces_licence_no=old.licence_no))


def test_what_a_system_sent_about_a_licence_that_it_has_not_comes_back_until_it_is_mended(
    submission: Any, branch: Any, session: Any, officer: Any, old: Licence, now: datetime
) -> None:
    body = branch(place=IN_TAROUT, replaces_licence_no=old.licence_no)
    foreign = submission(body, municipality="tarout")
    row = submit_from_partner(UnitOfWork(session, officer, now), foreign)
    assert row.status == "returned"
    assert "replaces_licence_no" in row.reasons[0]["en"]

    def corrected(body: Any) -> str:
        work = UnitOfWork(session, officer, now)
        correct_from_partner(work, row.application_id, body, municipality="tarout")
        return row.status

    assert corrected(body) == "returned"
    assert corrected({**body, "replaces_licence_no": None}) == "submitted"


def test_an_officer_corrects_an_owner_s_move_without_touching_what_is_left(
    submit_body: Any, branch: Any, session: Any, stranger: Any, old: Licence, now: datetime
) -> None:
    body = branch(place=IN_TAROUT, replaces_licence_no=old.licence_no)
    row = submit_body(body, municipality="tarout", channel="citizen")
    row.status = "returned"
    session.flush()

    work = UnitOfWork(session, stranger, now)
    correct_application(work, row.application_id, {**body, "workers": 3})

    assert (row.status, row.replaces_licence_no) == ("submitted", old.licence_no)


@pytest.mark.parametrize("stops", [suspend_licence, close_licence])
@pytest.mark.parametrize("place", [None, NEW_PLACE])
def test_a_shop_that_was_suspended_or_closed_does_not_evade_it_by_moving(
    submit_and_decide: Any,
    shop: Any,
    session: Any,
    officer: Any,
    old: Licence,
    now: datetime,
    stops: Any,
    place: Any,
) -> None:
    """The shop would move next door, or out of its door and in again."""
    stops(UnitOfWork(session, officer, now), old.licence_no, reason="مخالفة")
    before = old.status

    row = submit_and_decide(
        shop(place=place or shop()["place"], replaces_licence_no=old.licence_no)
    )

    assert (row.status, row.reason_code, old.status) == ("refused", "conditions", before)
    assert old.licence_no in row.reasons[0]["ar"]


@pytest.mark.parametrize("stops", [suspend_licence, close_licence])
def test_nor_by_ending_its_licence_and_applying_anew(
    submit_body: Any, session: Any, officer: Any, old: Licence, now: datetime, stops: Any
) -> None:
    stops(UnitOfWork(session, officer, now), old.licence_no, reason="مخالفة")
    before = old.status

    asked = {"request": "cancel", "licence_no": old.licence_no}
    with pytest.raises(LicenceStopped):
        submit_body({"reason": "أنهيت نشاطي"}, channel="citizen", **asked)
    row = submit_body({"reason": "أنهيت نشاطي"}, channel="partner", **asked)

    assert (row.status, old.status) == ("refused", before)


def test_the_money_for_a_move_goes_back_when_the_licence_was_suspended_meanwhile(
    submit_and_decide: Any,
    branch: Any,
    session: Any,
    officer: Any,
    old: Licence,
    now: datetime,
    event_names: Any,
) -> None:
    row = submit_and_decide(branch(place=NEW_PLACE, replaces_licence_no=old.licence_no))
    suspend_licence(UnitOfWork(session, officer, now), old.licence_no, reason="مخالفة")

    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)

    assert (row.status, row.reason_code) == ("withdrawn", "licence-not-valid")
    assert event_names("invoice")[-1] == "refund_requested"
    assert old.status == "suspended"


def test_a_licence_that_ended_before_the_new_one_came_is_in_no_way(
    submit_and_decide: Any, branch: Any, session: Any, officer: Any, old: Licence, now: datetime
) -> None:
    row = submit_and_decide(branch(place=NEW_PLACE, replaces_licence_no=old.licence_no))
    cancel_by_municipality(UnitOfWork(session, officer, now), old.licence_no, reason="بطلب المالك")

    assert issued(session, row, now).status == "valid"
    assert (old.reason_code, old.replaced_by) == (BY_MUNICIPALITY, None)


def test_what_names_a_licence_that_was_left_means_the_one_of_today(
    submit_and_decide: Any, branch: Any, session: Any, old: Licence, now: datetime
) -> None:
    """Workers' certificates and violations name an older licence, also after a second move."""
    numbers = [old.licence_no]
    for place in (NEW_PLACE, {**NEW_PLACE, "latitude": 26.495}):
        row = submit_and_decide(branch(place=place, replaces_licence_no=numbers[-1]))
        numbers.append(issued(session, row, now).licence_no)

    assert predecessors_of(session, numbers[-1]) == numbers[::-1]
