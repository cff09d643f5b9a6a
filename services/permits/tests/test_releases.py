"""Releases of current on a real database: the gate, what a changed ground does, danger, the building's next permit."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.core.refusals import IllegalTransition, NotFound
from permits.commands import change_permit, insulation, occupancy, release_current
from permits.domain.releases import ReleaseAlive, ReleaseRefused

from .buildings import (
    WITHOUT,
    approved,
    asked,
    completed,
    examined,
    occupied,
    seen,
    signed,
    submitted,
)

Desk = Any


def on(desk: Desk, command: Any, row: Any, **more: Any) -> Any:
    return command(desk.work, row.release_id, **more)


def happened(desk: Desk, row: Any) -> list[str]:
    return [event.happened for event in desk.published(row.release_id)]


def test_a_release_waits_for_insulation_and_goes_on_by_itself(desk: Desk) -> None:
    permit = desk.issued()
    row = submitted(desk, permit)
    assert row.status == "permit_checked"

    desk.insulated(permit)

    assert row.status == "insulation_ok"
    events = desk.published(row.release_id)
    assert [event.happened for event in events] == ["submitted", "checked"]
    assert events[-1].data["inquiry"]["next_step"] == "municipality"
    assert events[-1].data["contacts"]


def test_full_current_waits_for_the_final_occupancy_certificate(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    row = seen(desk, submitted(desk, permit))
    with pytest.raises(ReleaseRefused) as caught:
        approved(desk, row, "full")
    assert caught.value.code == "occupancy-missing"
    approved(desk, row, "partial")
    assert row.status == "partial_release_approved"
    desk.complete(permit)
    assert row.status == "partial_release_approved"

    held = occupied(desk, permit)

    assert row.status == "occupancy_issued"
    approved(desk, row, "full")
    state = desk.published(row.release_id)[-1].data
    assert state["status"] == "full_release_approved"
    assert state["approval"]["extent"] == "full"
    assert state["approval"]["occupancy_certificate_id"] == held.certificate_id
    assert state["approval"]["insulation_certificate_id"] is not None


def test_a_temporary_occupancy_opens_no_full_release(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    row = seen(desk, submitted(desk, permit))

    until = desk.now.date() + timedelta(days=90)
    signed(desk, examined(desk, asked(desk, permit, "temporary")), until)

    assert row.status == "site_inspection"


def test_insulation_that_falls_before_the_current_withdraws_the_approval(desk: Desk) -> None:
    permit = desk.issued()
    ground = desk.insulated(permit)
    row = approved(desk, seen(desk, submitted(desk, permit)))

    insulation.revoke_insulation(desk.work, ground.certificate_id, reason="استُبدل")

    state = desk.published(row.release_id)[-1].data
    assert (state["status"], state["approval"]) == ("permit_checked", None)
    assert row.approvals[0]["withdrawn_on"] == "2026-11-24"
    with pytest.raises(ReleaseRefused):
        approved(desk, row)


def test_a_suspended_permit_holds_the_release_up(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    row = approved(desk, seen(desk, submitted(desk, permit)))

    change_permit.suspend(
        desk.work,
        permit.permit_id,
        reason="ملاحظات",
        body="الدفاع المدني",
    )
    assert row.status == "submitted"
    change_permit.reinstate(desk.work, permit.permit_id, reason="عولجت")

    assert row.status == "site_inspection"


def test_a_failed_inspection_is_returned_with_its_defects_and_sent_again(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    row = seen(desk, submitted(desk, permit), "مكان العداد غير مهيأ")
    assert (row.status, row.reason) == ("returned", "مكان العداد غير مهيأ")

    on(desk, release_current.resubmit_release, row)

    assert (row.status, row.reason) == ("insulation_ok", None)
    assert row.site_inspection["result"] == "fail"  # no inspection of an earlier day is taken
    assert happened(desk, row) == ["submitted", "returned", "resubmitted"]


def test_a_building_has_one_release_at_a_time(desk: Desk) -> None:
    permit = desk.issued()
    row = submitted(desk, permit)
    with pytest.raises(ReleaseAlive):
        submitted(desk, permit)

    on(desk, release_current.refuse_release, row, reason="مخالف لما رُخص به")

    assert submitted(desk, permit).release_number != row.release_number


def test_a_cancelled_permit_gets_no_release(desk: Desk) -> None:
    permit = desk.issued()
    change_permit.cancel_permit(desk.work, permit.permit_id, reason="خارج المخطط")

    with pytest.raises(ReleaseRefused):
        submitted(desk, permit)


@pytest.mark.parametrize("works", sorted(WITHOUT))
def test_no_current_is_released_to_works_that_leave_no_building(desk: Desk, works: str) -> None:
    permit = desk.issued(kind=works, **WITHOUT[works])

    with pytest.raises(ReleaseRefused) as caught:
        submitted(desk, permit)

    assert caught.value.code == "works-without-building"


def test_an_order_to_disconnect_for_danger_is_undone_before_it_is_executed(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    row = seen(desk, submitted(desk, permit))
    with pytest.raises(IllegalTransition):
        on(desk, release_current.order_disconnection, row, reason="خطر")
    approved(desk, row)

    on(desk, release_current.order_disconnection, row, reason="تماس كهربائي")
    assert row.status == "disconnection_requested"
    with pytest.raises(IllegalTransition):
        on(desk, release_current.allow_reconnection, row, reason="زال")
    on(desk, release_current.withdraw_disconnection, row, reason="زال الخطر")

    assert row.status == "partial_release_approved"
    assert happened(desk, row)[-2:] == ["disconnection_ordered", "disconnection_withdrawn"]


def test_a_release_goes_with_the_building_to_its_next_permit(desk: Desk) -> None:
    permit = desk.issued()
    row = submitted(desk, permit)
    renewal = desk.issued(kind="renewal", previous_permit_id=permit.permit_id)

    assert (row.permit_id, row.permit_number) == (renewal.permit_id, renewal.permit_number)
    assert "amended" in happened(desk, row)
    with pytest.raises(ReleaseAlive):
        submitted(desk, renewal)


def test_a_revoked_occupancy_takes_the_full_approval_back(desk: Desk) -> None:
    permit = completed(desk)
    held = occupied(desk, permit)
    row = seen(desk, submitted(desk, permit))
    approved(desk, row, "full")

    occupancy.revoke_occupancy(desk.work, held.certificate_id, reason="بالخطأ")

    assert row.status == "site_inspection"
    assert desk.published(row.release_id)[-1].data["approval"] is None


def test_an_officer_of_another_branch_finds_no_release(desk: Desk, officer_of: Any) -> None:
    row = submitted(desk, desk.issued())
    desk.officer = officer_of("tarout")

    with pytest.raises(NotFound):
        on(desk, release_current.cancel_release, row, reason="عدل المالك")


def test_the_events_of_a_release_are_numbered_without_a_gap(desk: Desk) -> None:
    permit = desk.issued()
    row = submitted(desk, permit)
    desk.insulated(permit)
    approved(desk, seen(desk, row))

    versions = [event.version for event in desk.published(row.release_id)]

    assert versions == list(range(1, row.version + 1))
