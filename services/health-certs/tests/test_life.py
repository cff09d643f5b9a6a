"""Facts in any order, one certificate at most, and the establishment that goes with it."""

from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest

from chassis.data.deadlines import Deadline, pending
from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands import apply, decide, move
from health_certs.commands.recording import SYSTEM
from health_certs.models import Certificate, Education, Request

from .conftest import APPLICATION_NO, COOK, LICENCE_NO, certificates
from .doing import deadline_due
from .people import DELEGATE, OTHER, SHOP


@pytest.mark.parametrize("order", list(permutations(["education", "payment", "examination"])))
def test_the_certificate_is_issued_in_whatever_order_the_facts_arrive(
    order: tuple[str, ...], make_request: Any, session: Any, event_names: Any, request: Any
) -> None:
    row = make_request(**COOK)
    acts = {
        "education": lambda: request.getfixturevalue("educates")(row),
        "payment": lambda: request.getfixturevalue("pays")(row),
        "examination": lambda: request.getfixturevalue("enters")(row, "fit"),
    }

    for number, name in enumerate(order, start=1):
        acts[name]()
        assert len(certificates(session)) == (1 if number == len(order) else 0)

    (made,) = certificates(session)
    assert (row.status, row.certificate_no) == ("issued", made.certificate_no)
    assert (made.certificate_no, made.issued_on, made.valid_until) == (
        *("1448048000001", date(2026, 11, 25), date(2027, 11, 24)),
    )
    assert (made.establishment, made.licence_no) == (SHOP, LICENCE_NO)
    assert event_names("certificate") == ["issued"]
    assert event_names("request")[-1] == "issued"
    assert pending(session, "request", row.request_id) == {}


def test_a_result_moves_nothing_that_anybody_sees(
    make_request: Any, enters: Any, event_names: Any, session: Any, outbox_rows: Any
) -> None:
    row = make_request(**COOK)
    before, version = len(outbox_rows()), row.version

    enters(row, "unfit")
    enters(row, "fit", at=row.submitted_at + timedelta(hours=1))

    assert (row.status, row.version, len(outbox_rows())) == ("awaiting_education", version, before)


def test_a_correction_to_fit_before_the_deadline_lets_the_request_go_on(
    make_request: Any, pays: Any, enters: Any, session: Any
) -> None:
    row = make_request()
    pays(row)
    wrong = enters(row, "unfit")

    later = row.submitted_at + timedelta(hours=2)
    enters(row, "fit", at=later, corrects=wrong.examination_id)

    assert row.status == "issued"
    assert len(certificates(session)) == 1


def test_a_correction_to_unfit_after_the_issue_cancels_without_a_reason(
    make_request: Any, pays: Any, enters: Any, session: Any, event_names: Any, outbox_rows: Any
) -> None:
    row = make_request()
    pays(row)
    wrong = enters(row, "fit")

    later = row.submitted_at + timedelta(hours=2)
    enters(row, "unfit", at=later, corrects=wrong.examination_id)

    (made,) = certificates(session)
    assert (made.status, row.status) == ("cancelled", "issued")
    assert event_names("certificate") == ["issued", "cancelled"]
    last = [one for one in outbox_rows() if one.topic == "health-certs.certificate"][-1]
    assert not [name for name in last.envelope["data"] if "reason" in name or "result" in name]


def test_an_application_that_was_refused_leaves_the_worker_his_certificate(
    session: Any, new_shop: Any, body: Any, pays: Any, enters: Any, now: Any
) -> None:
    told = body(establishment={"application_no": APPLICATION_NO})
    row = apply.apply(UnitOfWork(session, DELEGATE, now), DELEGATE.applicant(), told)
    assert (row.application_no, row.establishment) == (APPLICATION_NO, SHOP)
    new_shop.status = "refused"
    pays(row)
    enters(row, "fit")

    (made,) = certificates(session)
    assert (made.establishment, made.application_no, made.status) == (None, None, "valid")


def test_an_application_whose_licence_was_issued_meanwhile_gives_it_to_the_certificate(
    session: Any, new_shop: Any, shop: Any, body: Any, pays: Any, enters: Any, now: Any
) -> None:
    told = body(establishment={"application_no": APPLICATION_NO})
    row = apply.apply(UnitOfWork(session, DELEGATE, now), DELEGATE.applicant(), told)
    new_shop.status, new_shop.licence_no = "issued", LICENCE_NO
    pays(row)
    enters(row, "fit")

    (made,) = certificates(session)
    assert (made.establishment, made.application_no, made.licence_no, made.trade_name) == (
        *(SHOP, APPLICATION_NO, LICENCE_NO, shop.trade_name),
    )


@pytest.mark.parametrize(("owner", "workplace"), [(SHOP, SHOP), (OTHER, None)])
def test_a_certificate_names_the_licence_to_which_its_shop_moved_meanwhile(
    request: Any, session: Any, make_request: Any, known_licence: Any, owner: str, workplace: Any
) -> None:
    shop, pays, enters = map(request.getfixturevalue, ("shop", "pays", "enters"))
    row = make_request()
    known_licence(
        licence_no="144804000041", municipality="saihat", establishment=owner, trade_name=None
    )
    between = known_licence(
        licence_no="144804000033", municipality="saihat", establishment=SHOP, trade_name=None
    )
    shop.status, shop.replaced_by = "cancelled", between.licence_no
    between.status, between.replaced_by = "cancelled", "144804000041"

    pays(row)
    enters(row, "fit")

    (made,) = certificates(session)
    named = "144804000041" if workplace else None
    assert (made.establishment, made.licence_no, made.status) == (workplace, named, "valid")


def test_licences_that_took_each_others_place_in_a_ring_leave_the_worker_his_certificate(
    session: Any, make_request: Any, shop: Any, pays: Any, enters: Any
) -> None:
    row = make_request()
    shop.status, shop.replaced_by = "cancelled", LICENCE_NO

    pays(row)
    enters(row, "fit")

    (made,) = certificates(session)
    assert (made.establishment, made.licence_no, made.status) == (None, None, "valid")


def test_a_pass_counts_for_every_request_of_the_worker(
    make_request: Any, educates: Any, pays: Any, passes: Any
) -> None:
    first, second = make_request(**COOK), make_request(profession="waiter")

    educates(first)

    assert (first.status, second.status, passes()) == (
        *("awaiting_payment", "awaiting_payment", 1),
    )
    assert make_request(profession="baker").status == "awaiting_payment"


def test_health_education_that_ends_meanwhile_is_missed_on_its_day(
    make_request: Any, session: Any, educates: Any, event_names: Any
) -> None:
    row = make_request(**COOK)
    educates(row)
    passed = session.query(Education).one()
    passed.valid_until = date(2026, 12, 10)
    session.flush()
    decide.set_education_deadline(UnitOfWork(session, SYSTEM, row.submitted_at), row)
    due_at = pending(session, "request", row.request_id)["education"]

    deadline = Deadline(Request.aggregate_type, row.request_id, "education", due_at)
    deadline_due(session, deadline, now=due_at)

    assert due_at.isoformat() == "2026-12-10T21:00:00+00:00"
    assert event_names("request") == ["submitted", "moved", "moved"]
    assert row.status == "awaiting_education"


def test_a_result_tells_nothing_of_what_became_due_meanwhile(
    make_request: Any, session: Any, educates: Any, pays: Any, enters: Any, outbox_rows: Any
) -> None:
    row = make_request(**COOK)
    educates(row)
    pays(row)
    session.query(Education).one().valid_until = date(2026, 11, 25)
    session.flush()
    before = len(outbox_rows())

    enters(row, "fit", at=row.submitted_at + timedelta(days=2))

    assert (row.status, len(outbox_rows())) == ("awaiting_examination", before)


@pytest.fixture
def shop_of_umm_al_hamam(known_licence: Any) -> Any:
    """A shop of a municipality that asks for no health education."""
    return known_licence(
        licence_no="144809000017", municipality="umm-al-hamam", establishment=SHOP, trade_name=None
    )


def moved_to(known_licence: Any, shop: Any, municipality: str) -> None:
    known_licence(
        licence_no="144804000041", municipality=municipality, establishment=SHOP, trade_name=None
    )
    shop.status, shop.replaced_by = "cancelled", "144804000041"


@pytest.mark.parametrize(
    ("municipality", "passed", "place"),
    [("qatif", False, None), ("qatif", True, SHOP), ("umm-al-hamam", False, SHOP)],
)
def test_a_shop_that_moves_brings_no_worker_past_the_health_education(
    request: Any, session: Any, make_request: Any, known_licence: Any, shop_of_umm_al_hamam: Any,
    municipality: str, passed: bool, place: str | None,
) -> None:  # fmt: skip
    pays, enters, educates = map(request.getfixturevalue, ("pays", "enters", "educates"))
    if passed:
        educates(make_request(profession="waiter"))
    row = make_request(**COOK, establishment={"licence_no": shop_of_umm_al_hamam.licence_no})
    assert row.status == "awaiting_payment"
    moved_to(known_licence, shop_of_umm_al_hamam, municipality)

    pays(row)
    enters(row, "fit")

    (made,) = certificates(session)
    assert (made.establishment, made.status, made.municipality) == (place, "valid", "umm-al-hamam")


def test_a_renewal_brings_no_worker_to_a_place_that_asks_for_a_pass_that_is_over(
    request: Any, session: Any, make_request: Any, known_licence: Any, shop_of_umm_al_hamam: Any,
    photo: Any, later: Any,
) -> None:  # fmt: skip
    pays, enters, educates = map(request.getfixturevalue, ("pays", "enters", "educates"))
    educates(make_request(profession="waiter"))
    named = {"licence_no": shop_of_umm_al_hamam.licence_no}
    shop_of_umm_al_hamam.expires_on = date(2028, 11, 30)
    row = make_request(**COOK, establishment=named)
    pays(row)
    enters(row, "fit")
    old = session.get(Certificate, row.certificate_id)
    at = later(old.valid_until, days=-30)
    body = {
        "establishment": named,
        "residence_permit_until": old.valid_until,
        "centre": "saihat-centre",
        "photo": photo(DELEGATE),
    }
    own = DELEGATE.applicant()
    renewal = apply.renew(UnitOfWork(session, DELEGATE, at), own, old.certificate_no, body)
    known_licence(
        licence_no="144804000041", municipality="qatif", establishment=SHOP, trade_name=None
    ).expires_on = date(2028, 11, 30)
    move.move(
        UnitOfWork(session, DELEGATE, at + timedelta(hours=1)), own, old.certificate_no,
        {"licence_no": "144804000041"},
    )  # fmt: skip
    session.query(Education).one().valid_until = at.date()
    session.flush()

    pays(renewal, at=at + timedelta(days=2))
    enters(renewal, "fit", at=at + timedelta(days=2), examined_on=(at + timedelta(days=2)).date())

    made = session.get(Certificate, renewal.certificate_id)
    assert (made.establishment, made.licence_no, made.applicant) == (None, None, None)


def test_a_suspension_of_the_licence_costs_the_worker_his_establishment_not(
    make_request: Any, shop: Any, pays: Any, enters: Any, session: Any
) -> None:
    row = make_request()
    shop.status = "suspended"

    pays(row)
    enters(row, "fit")

    (made,) = certificates(session)
    assert (made.establishment, made.licence_no, made.trade_name) == (
        *(SHOP, LICENCE_NO, shop.trade_name),
    )
