"""Renewals: within some days before the last one, once, and what takes whose place."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.core.refusals import IllegalTransition, InvalidFields, NotFound
from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands import amend, apply, cancel, decide, move
from health_certs.commands.recording import SYSTEM
from health_certs.commands.uniqueness import CertificateHeld, RequestOpen
from health_certs.domain.requests import EndReason
from health_certs.models import Certificate, Invoice, Request

from .conftest import LICENCE_NO, certificates
from .people import DELEGATE, HIMSELF, SHOP, STRANGER, Actor
from .test_editing import BORDER


@pytest.fixture
def renews(session: Any, photo: Any) -> Any:
    """`renews(certificate, at)`: its delegate renews it."""

    def renew_certificate(
        row: Certificate, at: datetime, *, by: Actor = DELEGATE, **changes: Any
    ) -> Request:
        body = {
            "establishment": {"licence_no": LICENCE_NO},
            "residence_permit_until": row.valid_until,
            "centre": "saihat-centre",
            "photo": photo(by),
            **changes,
        }
        own = by.applicant()
        return apply.renew(UnitOfWork(session, by, at), own, row.certificate_no, body)

    return renew_certificate


@pytest.fixture
def old(issued: Any, shop: Any, session: Any) -> Certificate:
    """A certificate whose last day is 24 November 2027; the shop's licence is good for longer."""
    made: Certificate = issued()
    shop.expires_on = made.valid_until + timedelta(days=400)
    session.flush()
    return made


def test_a_renewed_certificate_takes_the_place_of_the_one_before(
    old: Certificate,
    renews: Any,
    later: Any,
    pays: Any,
    enters: Any,
    session: Any,
    event_names: Any,
) -> None:
    at = later(old.valid_until, days=-60)
    row = renews(old, at)
    assert (row.kind, row.renews, old.status) == ("renewal", old.certificate_no, "valid")
    assert session.get(Invoice, row.invoice_id).lines[0]["code"] == "renewal"

    pays(row, at=at)
    enters(row, "fit", at=at)

    new = session.get(Certificate, row.certificate_id)
    assert (old.status, old.replaced_by) == ("replaced", new.certificate_no)
    assert (new.status, new.valid_until > old.valid_until) == ("valid", True)
    assert event_names("certificate") == ["issued", "issued", "replaced"]


def test_nothing_is_renewed_before_its_time_or_after_its_end(
    old: Certificate, renews: Any, later: Any
) -> None:
    with pytest.raises(apply.RenewalTooEarly) as error:
        renews(old, later(old.valid_until, days=-61))
    assert error.value.params == {"from": "2027-09-25", "from_hijri": "1449/04/24"}

    with pytest.raises(IllegalTransition, match="expired"):
        renews(old, later(old.valid_until, days=1))


def test_a_seasonal_certificate_ends_with_its_season(
    old: Certificate, renews: Any, later: Any, session: Any
) -> None:
    old.season = "hajj-1448"
    session.flush()

    with pytest.raises(apply.SeasonalNotRenewed):
        renews(old, later(old.valid_until, days=-10))


def test_a_certificate_has_one_open_renewal_wherever_the_worker_goes(
    old: Certificate, renews: Any, later: Any
) -> None:
    at = later(old.valid_until, days=-30)
    renews(old, at)

    with pytest.raises(RequestOpen):
        renews(old, at)
    with pytest.raises(RequestOpen):
        renews(old, at, by=HIMSELF, establishment=None, municipality="saihat")


def test_what_is_in_force_is_renewed_and_not_asked_for_again(
    old: Certificate, make_request: Any, session: Any
) -> None:
    with pytest.raises(CertificateHeld) as error:
        make_request()
    assert error.value.params == {"number": old.certificate_no}

    assert make_request(profession="cleaner").status == "awaiting_payment"
    own = HIMSELF.applicant()
    cancel.cancel(UnitOfWork(session, HIMSELF, old.changed_at), own, old.certificate_no)
    assert make_request().status == "awaiting_payment"


def test_a_renewal_that_comes_to_nothing_leaves_the_certificate_as_it_is(
    old: Certificate, renews: Any, later: Any, enters: Any, session: Any
) -> None:
    at = later(old.valid_until, days=-60)
    row = renews(old, at)
    enters(row, "unfit", at=at)

    decide.end_unexamined(UnitOfWork(session, SYSTEM, row.examined_until), row)

    assert (row.status, old.status) == ("not_issued", "valid")
    assert row.end_reason.strip() == EndReason.UNFIT
    again = renews(old, row.examined_until + timedelta(hours=1))
    assert again.renews == old.certificate_no


@pytest.mark.parametrize("goes", [True, False])
def test_a_renewal_goes_where_its_worker_went_while_it_was_under_way(
    old: Certificate, renews: Any, later: Any, pays: Any, enters: Any, session: Any, goes: bool
) -> None:
    at = later(old.valid_until, days=-30)
    row = renews(old, at)
    if goes:
        then = at + timedelta(hours=1)
        move.move(UnitOfWork(session, HIMSELF, then), HIMSELF.applicant(), old.certificate_no, None)

    pays(row, at=at)
    enters(row, "fit", at=at + timedelta(hours=2))

    new = session.get(Certificate, row.certificate_id)
    places = (new.establishment, new.licence_no, new.trade_name, new.applicant)
    assert all(one is None for one in places) is goes
    assert places == (old.establishment, old.licence_no, old.trade_name, old.applicant)
    assert (old.status, row.establishment) == ("replaced", SHOP)


def test_a_renewal_that_its_worker_asks_for_elsewhere_is_issued_there(
    old: Certificate, renews: Any, later: Any, pays: Any, enters: Any, session: Any
) -> None:
    at = later(old.valid_until, days=-30)
    row = renews(old, at, by=HIMSELF, establishment=None, municipality="saihat")

    pays(row, at=at)
    enters(row, "fit", at=at)

    assert session.get(Certificate, row.certificate_id).establishment is None


def test_a_certificate_that_was_cancelled_meanwhile_stays_cancelled(
    old: Certificate, renews: Any, later: Any, pays: Any, enters: Any, session: Any
) -> None:
    at = later(old.valid_until, days=-30)
    row = renews(old, at)
    pays(row, at=at)
    cancel.cancel(UnitOfWork(session, HIMSELF, at), HIMSELF.applicant(), old.certificate_no)

    enters(row, "fit", at=at)

    assert (row.status, old.status, old.replaced_by) == ("issued", "cancelled", None)
    assert len(certificates(session)) == 2


def test_others_renew_nothing(old: Certificate, renews: Any, later: Any) -> None:
    at = later(old.valid_until, days=-30)

    with pytest.raises(NotFound):
        renews(old, at, by=STRANGER)


def test_the_conditions_of_the_day_hold_for_a_renewal_too(
    old: Certificate, renews: Any, later: Any, shop: Any, session: Any
) -> None:
    at = later(old.valid_until, days=-30)
    shop.status = "suspended"
    session.flush()

    with pytest.raises(InvalidFields):
        renews(old, at)
    assert renews(old, at, by=HIMSELF, establishment=None, municipality="saihat").applied_by == (
        "worker"
    )


def test_a_withdrawn_renewal_can_be_made_again(
    old: Certificate, renews: Any, later: Any, session: Any
) -> None:
    at = later(old.valid_until, days=-30)
    row = renews(old, at)
    amend.withdraw(UnitOfWork(session, DELEGATE, at), DELEGATE.applicant(), row.request_id)

    assert renews(old, at, mobile="0500000002").worker["mobile"] == "+966500000002"


def test_a_renewal_is_not_edited_into_one_of_another_worker(
    issued: Any, shop: Any, renews: Any, later: Any, session: Any
) -> None:
    made = issued(worker=BORDER, residence_permit_until=None)
    shop.expires_on = made.valid_until + timedelta(days=400)
    session.flush()
    at = later(made.valid_until, days=-30)
    row, own = renews(made, at, residence_permit_until=None), DELEGATE.applicant()

    for changes in ({"id_number": "3000000002"}, {"profession": "cleaner"}):
        with pytest.raises(amend.RenewalNotEdited):
            amend.amend(UnitOfWork(session, DELEGATE, at), own, row.request_id, changes)
