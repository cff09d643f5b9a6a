"""Permits from before the system: entered by one, verified by another, and built on after that."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chassis.core.refusals import InvalidFields
from chassis.data.unit_of_work import UnitOfWork
from permits import cli, queries
from permits.commands import change_permit, issue, review
from permits.commands.import_older import enter_one
from permits.domain.actors import DutiesSeparated
from permits.domain.corrections import ChangedMeanwhile
from permits.domain.older import AlreadyEntered, AlreadyVerified, PermitUnverified
from permits.domain.searches import PermitSearch

from .conftest import Officer


def renewal(desk: Any, of: Any) -> Any:
    return desk.submit(kind="renewal", previous_permit_id=of.permit_id)


def reviewed(desk: Any, request: Any) -> Any:
    return desk.take(request, "send_to_office", "send_to_technical_review", "pass_technical_review")


def test_it_is_published_as_entered_and_its_owner_is_not_told(desk: Any) -> None:
    permit = desk.older(permit_number="١٤٤٥/٣٣١")

    [event] = desk.published(permit.permit_id)

    assert (event.happened, event.version) == ("entered", 1)
    assert (event.data["permit_number"], event.data["origin"]) == ("1445/331", "paper")
    assert event.data["verified"] is False
    assert event.data["request_number"] is None
    assert event.data["contacts"] == []


def test_its_number_is_unique_within_its_origin_and_branch(desk: Any) -> None:
    desk.older(permit_number="1445/331")
    desk.older(permit_number="1445/331", origin="balady")
    desk.older(permit_number="1445/331", municipality="tarout")

    with pytest.raises(AlreadyEntered):
        desk.older(permit_number="١٤٤٥ / ٣٣١")


def test_an_officer_of_a_branch_enters_its_own_only(
    session: Session, desk: Any, officer_of: Any
) -> None:
    desk.officer = officer_of("tarout")

    with pytest.raises(InvalidFields):
        desk.older()


def test_it_is_found_by_its_number_in_any_spelling(desk: Any, session: Session) -> None:
    permit = desk.older(permit_number="1445/331/B")

    search = PermitSearch(permit_number="١٤٤٥/٣٣١/b")
    statement = queries.desk._filtered(search, date(2026, 11, 24))

    assert list(session.scalars(statement)) == [permit]


def test_our_own_series_knows_nothing_of_older_numbers(desk: Any, session: Session) -> None:
    desk.older(permit_number="ب/77")

    session.execute(cli.numbered_permits()).all()


def test_who_entered_it_does_not_verify_it(desk: Any, session: Session) -> None:
    permit = desk.older()

    with pytest.raises(DutiesSeparated):
        enter_one.verify(desk.work, permit.permit_id, version=1)


def test_who_corrected_it_does_not_verify_it(desk: Any, session: Session) -> None:
    permit, corrector = desk.older(), Officer(subject="p_corrector")
    change_permit.amend(
        UnitOfWork(session, corrector, desk.now),
        permit.permit_id,
        reason="حسب الأصل",
        wanted={"use_class": "commercial"},
    )

    with pytest.raises(DutiesSeparated):
        enter_one.verify(UnitOfWork(session, corrector, desk.now), permit.permit_id, version=2)


def test_what_changed_meanwhile_is_looked_at_again(desk: Any, session: Session) -> None:
    permit = desk.older()
    change_permit.amend(
        desk.work,
        permit.permit_id,
        reason="حسب الأصل",
        wanted={"use_class": "commercial"},
    )

    with pytest.raises(ChangedMeanwhile):
        enter_one.verify(UnitOfWork(session, desk.reviewer, desk.now), permit.permit_id, version=1)


def test_verified_by_another_it_is_told_to_all_who_have_it(desk: Any) -> None:
    permit = desk.verified(desk.older())

    event = desk.published(permit.permit_id)[-1]

    assert (event.happened, event.version, event.data["verified"]) == ("amended", 2, True)
    assert event.data["contacts"] != []
    with pytest.raises(AlreadyVerified):
        desk.verified(permit)


def test_no_renewal_of_it_is_approved_before_it_is_verified(desk: Any, session: Session) -> None:
    permit = desk.older()
    request = reviewed(desk, renewal(desk, permit))

    with pytest.raises(PermitUnverified):
        review.approve(desk.work, request.request_id)

    desk.verified(permit)
    review.approve(desk.work, request.request_id)


def test_a_verified_one_is_renewed_and_names_its_successor(desk: Any, session: Session) -> None:
    permit = desk.verified(desk.older())
    request = desk.take(reviewed(desk, renewal(desk, permit)), "approve")

    desk.pay(desk.bill(request))
    renewed = issue.issue_permit(desk.work, request.request_id)

    assert permit.status == "renewed"
    assert renewed.predecessor == {
        "permit_id": permit.permit_id,
        "permit_number": permit.permit_number,
    }
    assert (renewed.origin, renewed.works, renewed.works_since) == (
        "system",
        "new",
        date(2025, 3, 1),
    )


def test_a_verified_one_goes_to_its_new_owner(desk: Any) -> None:
    permit = desk.verified(desk.older())

    new = desk.issued(kind="ownership_transfer", previous_permit_id=permit.permit_id)

    assert (permit.status, new.expires_on) == ("superseded", permit.expires_on)


def test_it_is_completed_once_it_is_verified(desk: Any) -> None:
    permit = desk.older()
    desk.insulated(permit)
    with pytest.raises(PermitUnverified):
        desk.complete(permit)

    desk.verified(permit)
    desk.complete(permit)

    assert permit.status == "completed"


def test_its_history_begins_with_who_entered_it(desk: Any, session: Session) -> None:
    permit = desk.verified(desk.older())

    rows = queries.history_of_permit(session, desk.officer, permit.permit_id)

    assert [(row.action, row.subject) for row in rows] == [
        ("enter", "p_officer"),
        ("verify", "p_reviewer"),
    ]


def test_the_same_plot_with_an_older_live_permit_is_a_warning(desk: Any) -> None:
    desk.older()

    request = desk.submit()

    assert "plot-in-use" in [one["code"] for one in request.warnings]
