"""Certificates and current in every order of events: through commands at moments of the test, and through the loops
that take deadlines and the company's entries."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from chassis.core.refusals import IllegalTransition, InvalidFields
from permits.commands import occupancy
from permits.commands import release_current as current
from permits.commands.occupancy import OccupancyInspection
from permits.commands.release_current import SiteInspection
from permits.domain.releases import ReleaseAlive
from permits.models import Certificate, Permit, Release
from saudi.days import RIYADH

from .buildings import approved, asked, completed, occupied, seen, submitted
from .test_supply import entry

Desk = Any
BUYER = {
    "name": "مشتر تجربة (بيانات تجريبية)",
    "owner_type": "individual",
    "id_type": "national_id",
    "id_number": "1000000024",
    "mobile": "0500000024",
}
SUPPLY = "partner-gateway.supply"


class Turns:
    """Lets the loops work between the commands of a desk."""

    def __init__(self, desk: Desk, loops: Any) -> None:
        self.desk, self.loops = desk, loops

    def fire(self, now: datetime | None = None) -> None:
        """Takes what is due; from then on the desk works at that moment."""
        self.desk.now = now or self.desk.now
        self.desk.session.flush()
        self.loops.fire(self.desk.now)
        self.desk.session.expire_all()

    def enter(self, permit: Permit, kind: str, **more: Any) -> tuple[str, str | None]:
        """The company enters something about supply; answers the outcome and the reason of a refusal."""
        made = entry(self.desk, permit, kind, **more)
        self.desk.session.flush()
        self.loops.now = self.desk.now
        self.loops.send(SUPPLY, f"sa.gov.qatif.{SUPPLY}.entered.v1", made)
        self.desk.session.expire_all()
        [answer] = self.desk.published(made["entry_id"])
        reason = answer.data["reason"]
        return answer.data["outcome"], reason and reason["code"]


@pytest.fixture
def turns(desk: Desk, loops: Any) -> Turns:
    return Turns(desk, loops)


# ------------------------------------------------------------------------------------------------------- occupancy


def insulated(desk: Desk) -> Permit:
    permit: Permit = desk.issued()
    desk.insulated(permit)
    return permit


def followed(desk: Desk, permit: Permit, kind: str, **more: Any) -> Permit:
    made: Permit = desk.issued(kind=kind, previous_permit_id=permit.permit_id, **more)
    return made


def looked(desk: Desk, row: Certificate, day: date, *defects: str) -> None:
    found = OccupancyInspection(
        result="fail" if defects else "pass",
        inspected_on=day,
        inspector="م. تجربة",
        defects=defects,
    )
    occupancy.examine(desk.work, row.certificate_id, found)


def test_of_two_inspections_for_occupancy_the_later_day_counts(desk: Desk) -> None:
    permit = completed(desk)
    desk.now += timedelta(days=10)
    row, today = asked(desk, permit), desk.now.date()
    looked(desk, row, today - timedelta(days=1), "درج بلا حاجز")

    with pytest.raises(InvalidFields, match="before-last-inspection"):
        looked(desk, row, today - timedelta(days=3))
    occupancy.reject_occupancy(desk.work, row.certificate_id, reason="درج بلا حاجز")
    again = asked(desk, permit)
    with pytest.raises(InvalidFields, match="before-last-inspection"):
        looked(desk, again, today - timedelta(days=3))
    looked(desk, again, today)

    assert again.occupancy["inspection"]["result"] == "pass"


@pytest.mark.parametrize(
    ("kind", "more"), [("renewal", {}), ("ownership_transfer", {"owners": [BUYER]})]
)
def test_the_later_inspection_counts_also_once_the_permit_was_replaced(
    desk: Desk, kind: str, more: dict[str, Any]
) -> None:
    permit = insulated(desk)
    desk.now += timedelta(days=10)
    row, today = asked(desk, permit, "temporary"), desk.now.date()
    looked(desk, row, today - timedelta(days=1), "درج بلا حاجز")
    occupancy.reject_occupancy(desk.work, row.certificate_id, reason="درج بلا حاجز")

    after = followed(desk, followed(desk, permit, kind, **more), "renewal", **more)
    again = asked(desk, after, "temporary")
    with pytest.raises(InvalidFields, match="before-last-inspection"):
        looked(desk, again, today - timedelta(days=3))
    looked(desk, again, today)

    assert again.occupancy["inspection"]["result"] == "pass"


# ---------------------------------------------------------------------------------------------------------- current


def inspect(desk: Desk, row: Release, day: date, *defects: str) -> Release:
    found = SiteInspection(
        result="fail" if defects else "pass",
        inspected_on=day,
        inspector="م. تجربة",
        defects=defects,
    )
    return current.inspect_site(desk.work, row.release_id, found)


def test_of_two_inspections_of_the_place_the_later_day_counts(desk: Desk) -> None:
    permit = insulated(desk)
    row = submitted(desk, permit, "partial")
    desk.now += timedelta(days=10)
    today = desk.now.date()
    inspect(desk, row, today - timedelta(days=1), "لوحة مكشوفة")
    current.resubmit_release(desk.work, row.release_id)

    with pytest.raises(InvalidFields, match="before-last-inspection"):
        inspect(desk, row, today - timedelta(days=3))
    with pytest.raises(IllegalTransition):
        approved(desk, row)
    inspect(desk, row, today)

    assert approved(desk, row).status == "partial_release_approved"


def test_an_inspection_is_not_older_than_the_request_for_current(desk: Desk) -> None:
    permit = insulated(desk)
    desk.now += timedelta(days=10)
    row = submitted(desk, permit, "partial")

    with pytest.raises(InvalidFields, match="before-request"):
        inspect(desk, row, desk.now.date() - timedelta(days=1))


@pytest.mark.parametrize("extent", ["partial", "full"])
def test_an_approval_is_withdrawn_with_a_reason_before_the_company_acts(
    desk: Desk, turns: Turns, extent: str
) -> None:
    permit = completed(desk)
    occupied(desk, permit)
    row = approved(desk, seen(desk, submitted(desk, permit, extent)), extent)
    desk.now += timedelta(days=1)

    current.withdraw_approval(desk.work, row.release_id, reason="عوينت لوحة مبنى آخر")

    assert (row.status, row.reason) == ("returned", "عوينت لوحة مبنى آخر")
    told = desk.published(row.release_id)[-1]
    assert (told.happened, told.data["approval"]) == ("returned", None)
    late = turns.enter(permit, "energised", happened_on=str(desk.now.date() + timedelta(days=1)))
    assert late == ("refused", "day-to-come")
    desk.now += timedelta(days=2)
    assert turns.enter(permit, "energised") == ("refused", "not-approved")
    current.resubmit_release(desk.work, row.release_id)
    with pytest.raises(IllegalTransition):
        approved(desk, row, extent)
    with pytest.raises(InvalidFields, match="before-last-inspection"):
        inspect(desk, row, desk.now.date() - timedelta(days=3))
    inspect(desk, row, desk.now.date())
    assert approved(desk, row, extent).status.endswith("_release_approved")


@pytest.mark.parametrize("extent", ["partial", "full"])
def test_a_failed_inspection_after_the_approval_withdraws_the_approval(
    desk: Desk, extent: str
) -> None:
    permit = completed(desk)
    occupied(desk, permit)
    row = approved(desk, seen(desk, submitted(desk, permit, extent)), extent)

    seen(desk, row, "لوحة مكشوفة")

    assert row.status == "returned"
    assert desk.published(row.release_id)[-1].data["approval"] is None


def test_a_full_approval_is_withdrawn_while_partial_current_flows_on(
    desk: Desk, turns: Turns
) -> None:
    permit = completed(desk)
    row = approved(desk, seen(desk, submitted(desk, permit, "full")))
    assert turns.enter(permit, "energised") == ("effective", None)
    occupied(desk, permit)
    approved(desk, row, "full")

    current.withdraw_approval(desk.work, row.release_id, reason="عوينت لوحة مبنى آخر")

    assert (row.status, row.supply["extent"]) == ("energised", "partial")
    assert desk.published(row.release_id)[-1].data["approval"]["extent"] == "partial"
    with pytest.raises(IllegalTransition):
        approved(desk, row, "full")
    inspect(desk, row, desk.now.date())
    assert approved(desk, row, "full").status == "full_release_approved"


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), RIYADH).astimezone(UTC)


def test_an_approval_ends_with_the_last_day_of_the_permit(desk: Desk, turns: Turns) -> None:
    permit = insulated(desk)
    row = approved(desk, seen(desk, submitted(desk, permit, "partial")))
    last = permit.expires_on
    turns.fire(midnight(last))
    assert row.status == "partial_release_approved"

    turns.fire(midnight(last + timedelta(days=1)))

    assert row.status != "partial_release_approved"
    assert row.approvals[0]["withdrawn_on"] == last.isoformat()
    assert desk.published(row.release_id)[-1].data["approval"] is None
    desk.now += timedelta(days=30, hours=9)
    late = (last + timedelta(days=1)).isoformat()
    assert turns.enter(permit, "energised", happened_on=late) == ("refused", "not-approved")
    in_time = turns.enter(permit, "energised", happened_on=last.isoformat())
    assert in_time == ("effective", None)


def test_an_entry_that_is_quicker_than_the_deadline_does_not_use_an_ended_approval(
    desk: Desk, turns: Turns
) -> None:
    permit = insulated(desk)
    approved(desk, seen(desk, submitted(desk, permit, "partial")))
    desk.now = midnight(permit.expires_on + timedelta(days=20)) + timedelta(hours=9)

    assert turns.enter(permit, "energised") == ("refused", "not-approved")


def test_an_approval_goes_on_with_a_renewal_in_time(desk: Desk, turns: Turns) -> None:
    permit = insulated(desk)
    row = approved(desk, seen(desk, submitted(desk, permit, "partial")))
    last = permit.expires_on
    desk.now = midnight(last - timedelta(days=5)) + timedelta(hours=9)
    after = followed(desk, permit, "renewal")

    turns.fire(midnight(last + timedelta(days=1)) + timedelta(hours=9))
    assert row.status == "partial_release_approved"
    turns.fire(midnight(after.expires_on + timedelta(days=1)))

    assert row.approvals[0]["withdrawn_on"] == after.expires_on.isoformat()


def cancelled(desk: Desk, row: Release) -> None:
    current.cancel_release(desk.work, row.release_id, reason="عدل المالك")


def refused_after_withdrawal(desk: Desk, row: Release) -> None:
    current.withdraw_approval(desk.work, row.release_id, reason="عوينت لوحة مبنى آخر")
    current.refuse_release(desk.work, row.release_id, reason="لوحة مكشوفة")


@pytest.mark.parametrize("end", [cancelled, refused_after_withdrawal])
def test_the_order_goes_to_the_release_that_is_alive_on_the_renewed_permit(
    desk: Desk, end: Callable[[Desk, Release], None]
) -> None:
    permit = insulated(desk)
    ended = approved(desk, seen(desk, submitted(desk, permit, "partial")))
    end(desk, ended)
    status = ended.status
    alive = submitted(desk, followed(desk, permit, "renewal"), "partial")

    with pytest.raises(ReleaseAlive):
        current.order_disconnection(desk.work, ended.release_id, reason="خطر صعق")
    current.order_disconnection(desk.work, alive.release_id, reason="خطر صعق")

    assert (ended.status, alive.status) == (status, "disconnection_requested")


def test_an_order_on_an_ended_release_revives_it_on_the_permit_that_the_building_has_today(
    desk: Desk,
) -> None:
    permit = insulated(desk)
    ended = approved(desk, seen(desk, submitted(desk, permit, "partial")))
    cancelled(desk, ended)
    renewal = followed(desk, permit, "renewal")

    current.order_disconnection(desk.work, ended.release_id, reason="خطر صعق")

    assert (ended.permit_id, ended.status) == (renewal.permit_id, "disconnection_requested")
    assert desk.published(ended.release_id)[-1].data["permit_number"] == renewal.permit_number
    with pytest.raises(ReleaseAlive):
        submitted(desk, renewal, "partial")


def test_a_building_has_no_second_release_on_another_of_its_permits(desk: Desk) -> None:
    permit = insulated(desk)
    first = submitted(desk, permit, "partial")
    renewal = followed(desk, permit, "renewal")
    first.permit_id = permit.permit_id  # as orders on ended releases left it once

    with pytest.raises(ReleaseAlive):
        submitted(desk, renewal, "partial")
