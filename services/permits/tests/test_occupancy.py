"""Occupancy certificates on a real database: asked for, inspected, decided; what a fallen ground does to them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chassis.core.refusals import IllegalTransition, InvalidFields
from chassis.data.deadlines import drop_deadlines, pending
from chassis.data.unit_of_work import UnitOfWork
from permits.commands import change_permit, completion, insulation, occupancy
from permits.domain.actors import SYSTEM
from permits.domain.occupancy import OccupancyRefused

from .buildings import WITHOUT, asked, completed, examined, occupied, signed

Desk = Any
TODAY = date(2026, 11, 24)


def refusal(act: Any) -> str | None:
    with pytest.raises(OccupancyRefused) as caught:
        act()
    return caught.value.code


def last(desk: Desk, aggregate_id: str) -> Any:
    return desk.published(aggregate_id)[-1]


def test_a_final_one_rests_on_the_completion_certificate(desk: Desk) -> None:
    permit = completed(desk)

    row = occupied(desk, permit)

    event = last(desk, row.certificate_id)
    assert (event.happened, event.data["status"]) == ("issued", "issued")
    assert event.data["title"] == {"ar": "شهادة الإشغال", "en": "Occupancy certificate"}
    part = event.data["occupancy"]
    assert part["completion_certificate_id"] == permit.completion["certificate_id"]
    assert (part["kind"], part["fire_protection"], part["overdue"]) == ("final", True, False)
    assert event.data["insulation_certificate_id"] is not None
    state = last(desk, permit.permit_id)
    assert (state.happened, state.data["status"]) == ("amended", "completed")
    assert state.data["occupancy"] == {
        "certificate_id": row.certificate_id,
        "certificate_number": row.certificate_number,
        "kind": "final",
        "issued_on": "2026-11-24",
        "issued_on_hijri": "1448/06/14",
        "valid_until": None,
        "valid_until_hijri": None,
        "flagged": False,
        "flag_reason": None,
        "flagged_on": None,
        "flagged_on_hijri": None,
    }


def test_an_event_holds_neither_the_owners_address_nor_who_signed(desk: Desk) -> None:
    row = occupied(desk, completed(desk))

    text = str([event.data for event in desk.published(row.certificate_id)])

    assert "EQTB1234" not in text
    assert "رئيس البلدية" not in text
    assert row.owner_address is not None


def test_before_completion_only_a_temporary_one_can_be_asked_for(desk: Desk) -> None:
    permit = desk.issued()
    assert refusal(lambda: asked(desk, permit)) == "completion-missing"
    assert refusal(lambda: asked(desk, permit, "temporary")) == "insulation-missing"
    desk.insulated(permit)

    row = signed(desk, examined(desk, asked(desk, permit, "temporary")), TODAY + timedelta(180))

    assert permit.occupancy["kind"] == "temporary"
    assert permit.occupancy["valid_until"] == "2027-05-23"
    assert row.valid_until == date(2027, 5, 23)


@pytest.mark.parametrize("works", sorted(WITHOUT))
def test_nothing_is_occupied_where_no_building_is_left(desk: Desk, works: str) -> None:
    permit = desk.issued(kind=works, **WITHOUT[works])
    assert refusal(lambda: asked(desk, permit, "temporary")) == "works-without-building"
    desk.complete(permit)

    assert refusal(lambda: asked(desk, permit)) == "works-without-building"


def test_a_temporary_one_of_more_than_180_days_is_refused(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    row = examined(desk, asked(desk, permit, "temporary"))

    with pytest.raises(InvalidFields, match="valid_until: term-too-long"):
        signed(desk, row, TODAY + timedelta(181))


def test_it_is_issued_on_a_passed_inspection_only(desk: Desk) -> None:
    row = asked(desk, completed(desk))
    assert refusal(lambda: signed(desk, row)) == "inspection-missing"
    examined(desk, row, "مخرج الطوارئ مسدود")
    assert refusal(lambda: signed(desk, row)) == "inspection-failed"

    examined(desk, row)

    assert signed(desk, row).status == "issued"
    found = [event.data["occupancy"]["inspection"] for event in desk.published(row.certificate_id)]
    assert found[1]["defects"] == ["مخرج الطوارئ مسدود"]


def test_one_is_decided_before_the_next_is_asked_for(desk: Desk) -> None:
    permit = completed(desk)
    row = asked(desk, permit)
    assert refusal(lambda: asked(desk, permit)) == "occupancy-requested"
    signed(desk, examined(desk, row))

    assert refusal(lambda: asked(desk, permit)) == "occupancy-in-force"


def test_a_refusal_has_its_reasons_and_the_next_request_is_free(desk: Desk) -> None:
    permit = completed(desk)
    row = asked(desk, permit)
    with pytest.raises(InvalidFields, match="reason: required"):
        occupancy.reject_occupancy(desk.work, row.certificate_id, reason="...")

    occupancy.reject_occupancy(
        desk.work,
        row.certificate_id,
        reason="لا مخرج للطوارئ",
    )

    event = last(desk, row.certificate_id)
    assert (event.happened, event.data["reason"]) == ("rejected", "لا مخرج للطوارئ")
    assert event.data["ended_on"] == "2026-11-24"
    assert event.data["contacts"]
    assert asked(desk, permit).status == "pending"


def test_an_inspection_from_before_the_permit_is_refused(desk: Desk) -> None:
    row = asked(desk, completed(desk))
    seen = occupancy.OccupancyInspection(
        result="pass", inspected_on=date(2020, 1, 1), inspector="م. تجربة"
    )

    with pytest.raises(InvalidFields, match="inspected_on: before-permit"):
        occupancy.examine(desk.work, row.certificate_id, seen)


@pytest.mark.parametrize("how", ["revoke", "void"])
def test_insulation_that_ends_flags_what_rests_on_it(desk: Desk, how: str) -> None:
    permit = desk.issued()
    ground = desk.insulated(permit)
    desk.complete(permit)
    row = occupied(desk, permit)

    end = getattr(insulation, f"{how}_insulation")
    end(
        desk.work,
        ground.certificate_id,
        reason="استُبدل العزل",
    )

    reason = f"insulation-{'revoked' if how == 'revoke' else 'voided'}"
    assert (row.flagged, row.flag_reason) == (True, reason)
    state = last(desk, permit.permit_id).data
    assert (state["completion"]["flagged"], state["occupancy"]["flagged"]) == (True, True)
    assert state["occupancy"]["flag_reason"] == reason
    assert refusal(lambda: asked(desk, permit)) == "completion-flagged"


def test_a_completion_that_is_withdrawn_flags_the_occupancy(desk: Desk) -> None:
    permit = completed(desk)
    row = occupied(desk, permit)
    completion_id = permit.completion["certificate_id"]

    completion.revoke_completion(desk.work, completion_id, reason="قبل المعاينة")

    assert (row.flagged, row.flag_reason) == (True, "completion-revoked")
    assert last(desk, permit.permit_id).data["occupancy"]["flagged"] is True


def test_a_cancelled_permit_flags_completion_and_occupancy(desk: Desk) -> None:
    permit = completed(desk)
    row = occupied(desk, permit)

    change_permit.cancel_permit(desk.work, permit.permit_id, reason="خارج المخطط")

    assert (row.flagged, row.flag_reason) == (True, "permit-cancelled")


def test_a_cancelled_permit_flags_each_occupancy_that_is_in_force(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    over = signed(desk, examined(desk, asked(desk, permit, "temporary")), TODAY + timedelta(1))
    older = signed(desk, examined(desk, asked(desk, permit, "temporary")), TODAY + timedelta(30))
    newer = signed(desk, examined(desk, asked(desk, permit, "temporary")), TODAY + timedelta(90))
    desk.now += timedelta(days=2)

    change_permit.cancel_permit(desk.work, permit.permit_id, reason="خارج المخطط")

    assert [one.flagged for one in (over, older, newer)] == [False, True, True]
    assert permit.occupancy["flagged"] is True
    assert last(desk, older.certificate_id).happened == "flagged"


def test_a_completion_that_is_withdrawn_leaves_an_older_temporary_one(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    before = signed(desk, examined(desk, asked(desk, permit, "temporary")), TODAY + timedelta(90))
    desk.complete(permit)
    row = occupied(desk, permit)
    completion_id = permit.completion["certificate_id"]

    completion.revoke_completion(desk.work, completion_id, reason="قبل المعاينة")

    assert (row.flagged, before.flagged) == (True, False)


def test_what_is_withdrawn_leaves_the_temporary_one_before_it(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    before = signed(desk, examined(desk, asked(desk, permit, "temporary")), TODAY + timedelta(90))
    desk.complete(permit)
    row = occupied(desk, permit)
    assert permit.occupancy["certificate_id"] == row.certificate_id

    occupancy.revoke_occupancy(desk.work, row.certificate_id, reason="صدرت بالخطأ")

    assert permit.occupancy["certificate_id"] == before.certificate_id
    with pytest.raises(IllegalTransition):
        occupancy.revoke_occupancy(desk.work, row.certificate_id, reason="ثانية")


def test_the_clock_is_three_working_days_and_ends_with_the_decision(desk: Desk) -> None:
    row = asked(desk, completed(desk))
    due = pending(desk.session, "certificate", row.certificate_id)

    assert due == {"occupancy_decision": datetime(2026, 11, 29, 11, 30, tzinfo=UTC)}
    assert row.occupancy["decide_by"] == "2026-11-29"
    signed(desk, examined(desk, row))
    assert pending(desk.session, "certificate", row.certificate_id) == {}


def test_an_overdue_request_stays_open_and_says_so_once(desk: Desk) -> None:
    row = asked(desk, completed(desk))
    later = desk.now + timedelta(days=10)

    for _ in range(2):
        occupancy.mark_overdue(UnitOfWork(desk.session, SYSTEM, later), row.certificate_id)

    assert (row.status, row.occupancy["overdue"]) == ("pending", True)
    assert [event.happened for event in desk.published(row.certificate_id)] == [
        "requested",
        "overdue",
    ]
    assert signed(desk, examined(desk, row)).status == "issued"


def test_a_decided_request_is_not_overdue(desk: Desk) -> None:
    row = occupied(desk, completed(desk))

    occupancy.mark_overdue(
        UnitOfWork(desk.session, SYSTEM, desk.now + timedelta(days=10)), row.certificate_id
    )
    occupancy.mark_overdue(desk.work.acting_as(SYSTEM), "01937c5e-8f00-7a11-8c2e-000000000000")

    assert row.occupancy["overdue"] is False


def test_what_was_seen_under_the_permit_before_a_renewal_counts(desk: Desk) -> None:
    first = desk.issued()
    seen_on = desk.now.date()
    desk.insulated(first)
    desk.now += timedelta(days=30)
    renewal = desk.issued(kind="renewal", previous_permit_id=first.permit_id)
    row = asked(desk, renewal, "temporary")
    seen = occupancy.OccupancyInspection(result="pass", inspected_on=seen_on, inspector="م. تجربة")

    occupancy.examine(desk.work, row.certificate_id, seen)

    assert row.occupancy["inspection"]["result"] == "pass"


def test_a_temporary_one_goes_with_the_building_to_its_renewal(desk: Desk) -> None:
    first = desk.issued()
    desk.insulated(first)
    row = signed(desk, examined(desk, asked(desk, first, "temporary")), TODAY + timedelta(90))
    waiting = asked(desk, first, "temporary")

    renewal = desk.issued(kind="renewal", previous_permit_id=first.permit_id)

    assert {row.permit_id, waiting.permit_id} == {renewal.permit_id}
    assert (first.occupancy, renewal.occupancy["certificate_id"]) == (None, row.certificate_id)
    carried = last(desk, row.certificate_id)
    assert (carried.happened, carried.data["permit_number"]) == ("carried", renewal.permit_number)
    assert last(desk, first.permit_id).data["occupancy"] is None
    assert signed(desk, examined(desk, waiting), TODAY + timedelta(120)).status == "issued"


@pytest.mark.parametrize("kind", ["addition", "ownership_transfer"])
def test_works_and_owners_that_are_others_ask_for_occupancy_again(desk: Desk, kind: str) -> None:
    first = desk.issued()
    desk.insulated(first)
    row = signed(desk, examined(desk, asked(desk, first, "temporary")), TODAY + timedelta(90))

    second = desk.issued(kind=kind, previous_permit_id=first.permit_id)

    assert (row.permit_id, second.occupancy) == (first.permit_id, None)


def test_a_temporary_one_whose_last_day_is_over_is_its_permits_no_more(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    row = signed(desk, examined(desk, asked(desk, permit, "temporary")), TODAY + timedelta(90))
    due = pending(desk.session, "certificate", row.certificate_id)
    assert due == {"occupancy_term": datetime(2027, 2, 22, 21, 0, tzinfo=UTC)}

    occupancy.end_term(UnitOfWork(desk.session, SYSTEM, due["occupancy_term"]), row.certificate_id)

    assert permit.occupancy is None
    state = last(desk, permit.permit_id)
    assert (state.happened, state.data["occupancy"]) == ("amended", None)


def test_the_end_of_one_leaves_another_that_goes_on(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    row = signed(desk, examined(desk, asked(desk, permit, "temporary")), TODAY + timedelta(90))
    longer = signed(desk, examined(desk, asked(desk, permit, "temporary")), TODAY + timedelta(180))
    count = len(desk.published(permit.permit_id))

    occupancy.end_term(
        UnitOfWork(desk.session, SYSTEM, desk.now + timedelta(days=91)), row.certificate_id
    )

    assert permit.occupancy["certificate_id"] == longer.certificate_id
    assert len(desk.published(permit.permit_id)) == count


def test_one_that_was_revoked_has_no_end_to_come(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    row = signed(desk, examined(desk, asked(desk, permit, "temporary")), TODAY + timedelta(90))

    occupancy.revoke_occupancy(desk.work, row.certificate_id, reason="صدرت بالخطأ")

    assert pending(desk.session, "certificate", row.certificate_id) == {}


def of_before(desk: Desk, days: int) -> Any:
    """A permit and its temporary certificate, from before the end of one was a deadline."""
    permit = desk.issued()
    desk.insulated(permit)
    row = signed(desk, examined(desk, asked(desk, permit, "temporary")), TODAY + timedelta(days))
    drop_deadlines(desk.session, "certificate", row.certificate_id)
    return permit, row


def test_a_temporary_one_of_before_gets_the_deadline_of_its_end_once(desk: Desk) -> None:
    _, row = of_before(desk, 90)

    occupancy.set_missing_terms(desk.work.acting_as(SYSTEM))
    due = pending(desk.session, "certificate", row.certificate_id)
    again = occupancy.set_missing_terms(desk.work.acting_as(SYSTEM))

    assert due == {"occupancy_term": datetime(2027, 2, 22, 21, 0, tzinfo=UTC)}
    assert again == 0
    assert pending(desk.session, "certificate", row.certificate_id) == due


def test_one_that_ended_unnoticed_is_due_at_once_and_then_left_alone(desk: Desk) -> None:
    permit, row = of_before(desk, 90)
    desk.session.flush()
    later = desk.now + timedelta(days=120)

    occupancy.set_missing_terms(UnitOfWork(desk.session, SYSTEM, later))

    due = pending(desk.session, "certificate", row.certificate_id)["occupancy_term"]
    assert due < later
    drop_deadlines(desk.session, "certificate", row.certificate_id)  # as it's taken when it fires
    occupancy.end_term(UnitOfWork(desk.session, SYSTEM, later), row.certificate_id)
    desk.session.flush()
    assert permit.occupancy is None
    occupancy.set_missing_terms(UnitOfWork(desk.session, SYSTEM, later))
    assert pending(desk.session, "certificate", row.certificate_id) == {}
