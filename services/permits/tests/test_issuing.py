"""From submission to permit, on a real database: rows, the record of actions, and the events."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.core.refusals import IllegalTransition, InvalidFields, NotFound
from chassis.data import numbers
from chassis.data.unit_of_work import UnitOfWork
from chassis.service import Service
from permits import queries
from permits.commands import change_permit, issue, review, submit_request
from permits.domain.permits import PreviousNotUsable
from permits.domain.requests import AlreadySubmitted, PaymentMissing

Desk = Any


def test_a_paid_request_becomes_a_permit(desk: Desk) -> None:
    permit = desk.issued(municipality="tarout")

    assert permit.status == "valid"
    assert permit.year_hijri == 1448
    assert permit.permit_number.startswith("1448/")
    assert (permit.issued_on, permit.expires_on) == (date(2026, 11, 24), date(2029, 11, 24))
    [event] = desk.published(permit.permit_id)
    assert (event.happened, event.version) == ("issued", 1)
    assert event.data["issued_on_hijri"] == "1448/06/14"
    assert event.data["expires_on_hijri"] == "1451/07/18"
    assert desk.opened(event.data)["owners"] == [
        {
            "name": "حسن بن علي آل تجربة (بيانات تجريبية)",
            "owner_type": "individual",
            "id_type": "national_id",
            "id_number": "1000000008",
            "share": None,
        }
    ]


def test_the_owners_mobile_is_kept_and_not_published(desk: Desk) -> None:
    permit = desk.issued()

    assert permit.owners[0].mobile == "+966501234567"
    [event] = desk.published(permit.permit_id)
    assert "mobile" not in desk.opened(event.data)["owners"][0]


def test_the_plan_number_is_kept_and_published_in_its_normal_form(desk: Desk) -> None:
    permit = desk.issued(land__plan_number="٤٢٢ / ٣ ج")

    [event] = desk.published(permit.permit_id)
    assert permit.land["plan_number"] == event.data["land"]["plan_number"] == "422/3 ج"
    assert permit.plan_key == "422/3 ج"


def test_a_permit_issued_after_nine_in_the_evening_utc_is_of_the_next_day(desk: Desk) -> None:
    request = desk.paid()

    permit = issue.issue_permit(
        UnitOfWork(desk.session, desk.officer, datetime(2026, 11, 24, 21, 30, tzinfo=UTC)),
        request.request_id,
    )

    assert permit.issued_on == date(2026, 11, 25)


def test_numbers_run_per_municipality_and_hijri_year(desk: Desk) -> None:
    first, second = desk.issued(municipality="anak"), desk.issued(municipality="anak")
    elsewhere = desk.issued(municipality="qudaih")
    desk.now = datetime(2027, 6, 10, 9, tzinfo=UTC)
    request = desk.approved(municipality="anak")
    desk.pay(desk.bill(request))
    next_year = issue.issue_permit(desk.work, request.request_id)

    numbers = [permit.permit_number for permit in (first, second, elsewhere, next_year)]
    assert numbers == ["1448/1", "1448/2", "1448/1", "1449/1"]


def test_a_second_submission_of_a_request_number_is_refused(desk: Desk) -> None:
    desk.submit(request_number="44120981")

    with pytest.raises(AlreadySubmitted):
        desk.submit(request_number="٤٤١٢٠٩٨١")


def test_a_branch_neither_learns_of_nor_blocks_another_ones_request_number(desk: Desk) -> None:
    desk.submit(request_number="44120981", municipality="central-qatif")

    elsewhere = desk.submit(request_number="44120981", municipality="safwa")

    assert elsewhere.municipality == "safwa"


def test_no_permit_before_payment(desk: Desk) -> None:
    request = desk.billed()

    with pytest.raises(PaymentMissing):
        issue.issue_permit(desk.work, request.request_id)


def test_a_request_is_issued_once(desk: Desk) -> None:
    permit = desk.issued()

    with pytest.raises(IllegalTransition):
        issue.issue_permit(desk.work, permit.request_id)


def test_a_returned_request_carries_its_notes_and_comes_back_corrected(desk: Desk) -> None:
    plots = {"land__plots": ["7215", "7216"]}  # of no other test's permit
    request = desk.take(desk.submit(**plots), "send_to_office", "send_to_technical_review")

    review.return_request(desk.work, request.request_id, notes="عدلوا الارتداد")
    assert (request.status, request.notes) == ("returned", "عدلوا الارتداد")

    owner = {"name": "مالك آخر", "owner_type": "waqf", "id_type": "none"}
    changes = {"owners": [owner, {**owner, "name": "ثان"}], "insulation_pledge": False}
    submit_request.resubmit(desk.work, request.request_id, changes)
    desk.session.flush()
    desk.session.expire(request)
    assert request.status == "with_office"
    assert [o.name for o in request.owners] == ["مالك آخر", "ثان"]
    assert request.land["plots"] == ["7215", "7216"]
    assert [w["code"] for w in request.warnings] == ["pledge-missing"]


@pytest.mark.parametrize("notes", ["", "   ", "\n"])
def test_a_return_without_notes_is_refused(desk: Desk, notes: str) -> None:
    request = desk.take(desk.submit(), "send_to_office", "send_to_technical_review")

    with pytest.raises(InvalidFields):
        review.return_request(desk.work, request.request_id, notes=notes)


def test_a_resubmission_is_checked_like_a_submission(desk: Desk) -> None:
    request = desk.take(desk.submit(), "send_to_office", "send_to_technical_review")
    review.return_request(desk.work, request.request_id, notes="عدلوا")

    with pytest.raises(InvalidFields):
        submit_request.resubmit(
            desk.work,
            request.request_id,
            {"land": {**request.land, "area_m2": -1}},
        )


@pytest.mark.parametrize(
    ("kind", "becomes"),
    [
        ("renewal", "renewed"),
        ("ownership_transfer", "superseded"),
        ("correction", "superseded"),
        ("addition", "superseded"),
    ],
)
def test_issue_ends_the_previous_permit_and_says_so(desk: Desk, kind: str, becomes: str) -> None:
    previous = desk.issued()

    permit = desk.issued(kind=kind, previous_permit_id=previous.permit_id)

    assert permit.previous_permit_id == previous.permit_id
    assert previous.status == becomes
    ended = desk.published(previous.permit_id)
    assert [(e.happened, e.version) for e in ended] == [("issued", 1), (becomes, 2)]
    [begun] = desk.published(permit.permit_id)
    assert (begun.data["predecessor"], begun.data["successor"]) == (named(previous), None)
    assert (ended[-1].data["predecessor"], ended[-1].data["successor"]) == (None, named(permit))
    assert begun.data["building_id"] == ended[-1].data["building_id"] == previous.permit_id


def named(permit: Any) -> dict[str, str]:
    return {"permit_id": permit.permit_id, "permit_number": permit.permit_number}


@pytest.mark.parametrize("kind", ["restoration", "demolition"])
def test_works_that_end_no_permit_are_no_successor_and_another_building(
    desk: Desk, kind: str
) -> None:
    previous = desk.issued()

    permit = desk.issued(kind=kind, previous_permit_id=previous.permit_id)

    [begun] = desk.published(permit.permit_id)
    assert begun.data["predecessor"] == named(previous)
    assert begun.data["building_id"] == permit.permit_id
    assert previous.successor is None


def test_an_expired_permit_can_be_renewed_once(desk: Desk) -> None:
    previous = desk.issued()
    previous.expires_on = date(2026, 11, 1)
    second = desk.paid(kind="renewal", previous_permit_id=previous.permit_id)

    renewed = desk.issued(kind="renewal", previous_permit_id=previous.permit_id)

    assert renewed.works == "new"
    with pytest.raises(PreviousNotUsable) as caught:
        issue.issue_permit(desk.work, second.request_id)
    assert caught.value.code == "renewed"


def test_a_previous_permit_of_another_municipality_is_unknown_to_a_branch(
    desk: Desk, officer_of: Any
) -> None:
    previous = desk.issued(municipality="safwa")

    def refused() -> list[tuple[str, str]]:
        with pytest.raises(InvalidFields) as caught:
            desk.submit(municipality="anak", kind="renewal", previous_permit_id=previous.permit_id)
        return [(fault.field, fault.code) for fault in caught.value.faults]

    assert refused() == [("previous_permit_id", "permit-of-another-municipality")]
    desk.officer = officer_of("anak")
    assert refused() == [("previous_permit_id", "permit-unknown")]


def test_every_command_leaves_who_did_what(desk: Desk) -> None:
    permit = desk.issued()

    rows = queries.history_of_permit(desk.session, desk.officer, permit.permit_id)

    assert [(row.aggregate_type, row.action) for row in rows] == [
        ("permit-request", "submit"),
        ("permit-request", "send_to_office"),
        ("permit-request", "send_to_technical_review"),
        ("permit-request", "pass_technical_review"),
        ("permit-request", "approve"),
        ("permit-request", "request_payment"),
        ("permit-request", "pay"),
        ("permit-request", "issue"),
        ("permit", "issue"),
    ]
    assert {(row.subject, row.client_id, row.organisation) for row in rows} == {
        ("p_officer", "portal", "qatif"),
        ("p_reviewer", "portal", "qatif"),
        ("billing", "permits", None),
    }
    assert [row.version for row in rows] == [1, 2, 3, 4, 5, 6, 7, 8, 1]


def test_the_record_of_actions_cannot_be_changed(desk: Desk) -> None:
    desk.submit()

    with pytest.raises(DBAPIError, match="append-only"), desk.session.begin_nested():
        desk.session.execute(text("DELETE FROM journal"))


def test_an_officer_of_a_branch_acts_for_his_branch_only(desk: Desk, officer_of: Any) -> None:
    permit = desk.issued(municipality="tarout")
    stranger, own = officer_of("safwa"), officer_of("tarout")

    with pytest.raises(NotFound):
        queries.get_permit(desk.session, stranger, permit.permit_id)
    with pytest.raises(NotFound):
        change_permit.cancel_permit(desk.work.acting_as(stranger), permit.permit_id, reason="سبب")
    desk.officer = stranger
    with pytest.raises(InvalidFields):
        desk.submit(municipality="tarout")
    assert queries.get_permit(desk.session, own, permit.permit_id) is permit


def test_every_number_that_was_given_out_is_borne_by_a_document(
    desk: Desk, service: Service
) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    desk.complete(permit)
    desk.session.flush()
    whole = numbers.check(desk.session, service.numbers)

    lost = numbers.draw(desk.session, "permit", permit.municipality, permit.year_hijri)
    [missing] = numbers.check(desk.session, service.numbers)

    assert whole == []
    assert missing.number.number == lost
