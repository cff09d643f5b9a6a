"""What the company enters about supply, on a real database: taken or refused, and answered once."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select, text

from chassis.core import contracts
from chassis.core.cloudevents import Received
from permits.commands import insulation, release_current
from permits.commands.supply_entries import answer_supply
from permits.consumers import HANDLERS
from permits.domain.actors import SYSTEM
from permits.models import Release

from .buildings import approved, completed, occupied, seen, submitted

Desk = Any
TOPIC = "partner-gateway.supply"
TYPE = "sa.gov.qatif.partner-gateway.supply.entered.v1"
METERS = ["1030045521"]
OF_AN_ORDER = ("disconnection_acknowledged", "disconnected", "reconnected")


def entry(desk: Desk, permit: Any, kind: str, **more: Any) -> dict[str, Any]:
    """An entry in the shape of its contract."""
    energised, ordered = kind == "energised", kind in OF_AN_ORDER
    made = {
        "entry_id": str(uuid4()),
        "kind": kind,
        "partner": "sec",
        "permit_id": permit.permit_id,
        "permit_number": permit.permit_number,
        "municipality": permit.municipality,
        "entered_at": "2026-11-24T09:00:00Z",
        "entered_by": {"subject": "p_dispatcher"},
        "happened_on": desk.now.date().isoformat(),
        "extent": "partial" if energised else None,
        "meter_numbers": METERS if energised else [],
        "certificate_number": "10455821" if kind == "coordination" else None,
        "load_kva": None,
        "units": None,
        "meter_place": None,
        "order_id": order_of(desk, permit) if ordered else None,
        **more,
    }
    contracts.check_event(TYPE, made)
    return made


def order_of(desk: Desk, permit: Any) -> str:
    """The present order's id, as the company reads it."""
    found = select(Release.disconnection).where(Release.permit_id == permit.permit_id)
    order = desk.session.scalar(found)
    return str(order["order_id"]) if order else str(uuid4())


def enter(desk: Desk, permit: Any, kind: str, **more: Any) -> Mapping[str, Any]:
    """The answer to an entry."""
    made = entry(desk, permit, kind, **more)
    answer_supply(desk.work.acting_as(SYSTEM), made)
    [answer] = desk.published(made["entry_id"])
    return answer.data


def outcome(answer: Mapping[str, Any]) -> str | list[str]:
    if answer["outcome"] == "refused":
        return str(answer["reason"]["code"])
    return [one["code"] for one in answer["effects"]]


def released(desk: Desk) -> tuple[Any, Any]:
    """A permit with insulation, and its partial release, approved."""
    permit = desk.issued()
    desk.insulated(permit)
    return permit, approved(desk, seen(desk, submitted(desk, permit)))


def test_current_is_recorded_published_and_answered(desk: Desk) -> None:
    permit, row = released(desk)

    answer = enter(desk, permit, "energised")

    assert outcome(answer) == ["energised"]
    assert (answer["permit_id"], answer["source"]) == (permit.permit_id, "supply")
    event = desk.published(row.release_id)[-1]
    assert (event.happened, event.data["status"]) == ("energised", "energised")
    assert event.data["supply"] == {
        "extent": "partial",
        "energised_on": "2026-11-24",
        "energised_on_hijri": "1448/06/14",
        "connected": True,
        "meter_numbers": METERS,
    }


def test_the_same_entry_twice_is_answered_and_takes_effect_once(desk: Desk, context: Any) -> None:
    permit, row = released(desk)
    made = entry(desk, permit, "energised")
    event = Received(
        id="e-1", type=TYPE, subject=made["entry_id"],
        time=desk.now, sequence=1, data=made,
    )  # fmt: skip

    for _ in range(2):
        HANDLERS[TOPIC][TYPE](context, event)

    assert len(desk.published(made["entry_id"])) == 1
    assert [one.happened for one in desk.published(row.release_id)].count("energised") == 1


def test_current_without_an_approval_is_refused_and_changes_nothing(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    assert outcome(enter(desk, permit, "energised")) == "no-release"
    row = seen(desk, submitted(desk, permit))
    before = row.version

    answer = enter(desk, permit, "energised")

    assert outcome(answer) == "not-approved"
    assert answer["reason"]["ar"]
    assert row.version == before


def test_full_current_without_a_full_approval_is_refused(desk: Desk) -> None:
    permit, _ = released(desk)

    assert outcome(enter(desk, permit, "energised", extent="full")) == "only-partial-approved"


def test_an_entry_that_comes_late_is_recorded_and_flagged(desk: Desk) -> None:
    """The company gave current while it was allowed; insulation was revoked before its entry came."""
    permit = desk.issued()
    ground = desk.insulated(permit)
    row = approved(desk, seen(desk, submitted(desk, permit)))
    given_on = desk.now.date().isoformat()
    desk.now += timedelta(days=5)
    insulation.revoke_insulation(desk.work, ground.certificate_id, reason="استُبدل")
    assert row.status == "permit_checked"

    answer = enter(desk, permit, "energised", happened_on=given_on)

    assert outcome(answer) == ["energised", "supply-flagged"]
    assert (row.status, row.flagged, row.flag_reason) == ("energised", True, "insulation-revoked")
    assert desk.published(row.release_id)[-1].data["inquiry"]["next_step"] == "municipality"
    desk.insulated(permit)
    assert (row.flagged, row.flag_reason) == (False, None)


def test_danger_from_order_to_reconnection(desk: Desk) -> None:
    permit, row = released(desk)
    enter(desk, permit, "energised")
    release_current.order_disconnection(desk.work, row.release_id, reason="تماس كهربائي")

    assert outcome(enter(desk, permit, "disconnection_acknowledged")) == ["order-acknowledged"]
    assert outcome(enter(desk, permit, "reconnected")) == "not-cut"
    assert outcome(enter(desk, permit, "disconnected")) == ["current-cut"]
    assert outcome(enter(desk, permit, "disconnected")) == "already-disconnected"
    assert row.status == "disconnected"
    assert outcome(enter(desk, permit, "reconnected")) == "reconnection-not-allowed"
    release_current.allow_reconnection(desk.work, row.release_id, reason="زال الخطر")
    assert outcome(enter(desk, permit, "reconnected")) == ["current-restored"]

    assert row.status == "energised"
    told = [event.happened for event in desk.published(row.release_id)]
    assert told[-5:] == [
        *("disconnection_ordered", "disconnection_acknowledged", "disconnected"),
        *("reconnection_allowed", "reconnected"),
    ]


def test_an_order_withdrawn_while_it_was_executed_allows_the_reconnection(desk: Desk) -> None:
    permit, row = released(desk)
    enter(desk, permit, "energised")
    release_current.order_disconnection(desk.work, row.release_id, reason="تماس كهربائي")
    release_current.withdraw_disconnection(desk.work, row.release_id, reason="زال الخطر")

    assert outcome(enter(desk, permit, "disconnected")) == ["current-cut"]

    assert row.status == "reconnection_allowed"
    assert desk.published(row.release_id)[-1].data["supply"]["connected"] is False


def test_an_acknowledgement_of_a_withdrawn_order_is_none_of_the_next_one_of_that_day(
    desk: Desk,
) -> None:
    permit, row = released(desk)
    enter(desk, permit, "energised")
    release_current.order_disconnection(desk.work, row.release_id, reason="تماس كهربائي")
    late = entry(desk, permit, "disconnection_acknowledged")
    release_current.withdraw_disconnection(desk.work, row.release_id, reason="أُمر خطأً")
    release_current.order_disconnection(
        desk.work,
        row.release_id,
        reason="حريق في غرفة العدادات",
    )

    answer_supply(desk.work.acting_as(SYSTEM), late)

    [answer] = desk.published(late["entry_id"])
    assert outcome(answer.data) == "other-order"
    assert answer.data["reason"]["ar"]
    assert row.disconnection["acknowledged_on"] is None
    assert outcome(enter(desk, permit, "disconnection_acknowledged")) == ["order-acknowledged"]
    told = desk.published(row.release_id)[-1].data["disconnection"]
    assert told["order_id"] == row.disconnection["order_id"] != late["order_id"]


def test_an_entry_from_before_entries_named_orders_is_refused_and_answered(desk: Desk) -> None:
    permit, row = released(desk)
    release_current.order_disconnection(desk.work, row.release_id, reason="تماس كهربائي")
    old = entry(desk, permit, "disconnected")
    del old["order_id"]

    answer_supply(desk.work.acting_as(SYSTEM), old)

    [answer] = desk.published(old["entry_id"])
    assert outcome(answer.data) == "other-order"


def test_current_given_before_a_cancellation_opens_the_release_again(desk: Desk) -> None:
    permit, row = released(desk)
    release_current.cancel_release(desk.work, row.release_id, reason="عدل المالك")

    answer = enter(desk, permit, "energised")

    assert outcome(answer) == ["energised", "release-reopened"]
    assert row.status == "energised"


def test_an_entry_about_a_renewed_permit_is_about_the_one_that_followed(desk: Desk) -> None:
    permit = desk.issued()
    submitted(desk, permit)
    renewal = desk.issued(kind="renewal", previous_permit_id=permit.permit_id)

    answer = enter(desk, permit, "coordination")

    assert (answer["outcome"], answer["permit_id"]) == ("effective", renewal.permit_id)
    assert renewal.coordination["certificate_number"] == "10455821"


def test_a_coordination_certificate_waits_for_the_release_and_the_newest_counts(
    desk: Desk,
) -> None:
    permit = desk.issued()
    first = enter(desk, permit, "coordination", happened_on="2026-10-05", load_kva="30.5", units=2)
    assert outcome(first) == ["coordination-recorded"]
    row = submitted(desk, permit)
    assert row.coordination["load_kva"] == "30.5"

    early = enter(desk, permit, "coordination", happened_on="2026-09-01", certificate_number="9")
    later = enter(desk, permit, "coordination", certificate_number="10455900")

    assert outcome(early) == ["coordination-recorded-as-earlier"]
    assert outcome(later) == ["coordination-recorded"]
    state = desk.published(row.release_id)[-1]
    assert state.happened == "amended"
    assert state.data["coordination"]["certificate_number"] == "10455900"


def test_what_permits_does_not_know_is_refused(desk: Desk) -> None:
    permit = desk.issued()
    other = enter(desk, permit, "energised", municipality="tarout")
    unknown = enter(desk, permit, "energised", permit_id=str(uuid4()))
    early = enter(desk, permit, "coordination", happened_on=str(date(2027, 1, 1)))
    person = enter(desk, permit, "coordination", meter_place="عند المالك 0501234567")

    assert [outcome(one) for one in (other, unknown, early, person)] == [
        *("permit-unknown", "permit-unknown", "day-to-come", "supply-personal-number"),
    ]
    assert unknown["permit_id"] is None


def test_full_current_ends_the_story_of_a_building(desk: Desk) -> None:
    permit = completed(desk)
    row = seen(desk, submitted(desk, permit))
    occupied(desk, permit)
    approved(desk, row, "full")

    assert outcome(enter(desk, permit, "energised", extent="full")) == ["energised"]

    assert (row.status, row.flagged) == ("energised", False)


def test_who_entered_it_stands_in_the_history_by_an_opaque_id_and_in_no_answer(desk: Desk) -> None:
    permit, row = released(desk)
    made = entry(desk, permit, "energised")
    answer_supply(desk.work.acting_as(SYSTEM), made)

    [answer] = desk.published(made["entry_id"])
    statement = text(
        "SELECT subject, name, organisation FROM journal"
        " WHERE action = 'enter_energised' AND aggregate_id = :release"
    )
    acts = desk.session.execute(statement, {"release": row.release_id}).all()
    assert acts == [("p_dispatcher", None, "sec")]
    assert "p_dispatcher" not in str(answer.data)
    assert row.version == len(desk.published(row.release_id))
