"""What names a person goes when its time is over; the figures stay, and nobody finds them by a number."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core import contracts
from licences.commands import billing, issuing, retention, reviewing
from licences.commands.deciding import SYSTEM
from licences.models import Application, Fact, Inspection, Licence

OWNER = "1000000008"


def empty(session: Session, now: datetime) -> tuple[int, int]:
    before = now - timedelta(days=1_825)
    return (
        retention.empty_applications(session, before=before, now=now),
        retention.empty_licences(session, before=before.date(), now=now),
    )


def test_nothing_is_emptied_before_its_time(
    decided: Any, professional: Any, session: Any, now: datetime
) -> None:
    decided(professional())

    assert empty(session, now + timedelta(days=1_824)) == (0, 0)


def test_an_old_application_keeps_its_figures_and_no_person(
    decided: Any, professional: Any, session: Any, now: datetime, told: Any, outbox_rows: Any
) -> None:
    row = decided(professional())

    assert empty(session, now + timedelta(days=1_826))[0] == 1

    assert (row.body, row.owner_key, row.decision) == (None, None, None)
    assert (row.status, row.outcome, row.rules) == ("issued", "issued", "2026.1")
    assert {fact.value for fact in session.scalars(select(Fact))} == {None}
    assert told("application")[-1] == "emptied"
    last = [one for one in outbox_rows() if one.topic == "licences.application"][-1]
    assert (last.envelope["data"]["sealed"], last.envelope["data"]["contacts"]) == (None, [])


def test_what_an_inspector_wrote_goes_with_the_application(
    decided: Any, shop: Any, officer: Any, session: Any, now: datetime
) -> None:
    row = decided(shop(area_m2=300))
    reviewing.order_inspection(session, officer, row.application_id, now=now)
    reviewing.record_inspection(
        session, officer, row.application_id,
        passed=False, inspected_on=now.date(), note="المالك بيانات تجريبية غائب", now=now,
    )  # fmt: skip

    empty(session, now + timedelta(days=1_826))

    visit = session.scalars(select(Inspection).execution_options(populate_existing=True)).one()
    assert (visit.result, visit.note) == ("failed", None)


def test_an_old_licence_is_emptied_once(
    decided: Any, professional: Any, session: Any, now: datetime, told: Any
) -> None:
    decided(professional())
    licence = session.scalar(select(Licence))
    issuing.end(session, licence, SYSTEM, "by-owner", None, now=now)
    later = now + timedelta(days=1_826)

    counts = empty(session, later)[1], empty(session, later)[1]

    assert counts == (1, 0)
    assert licence.body is None
    assert told("licence") == ["issued", "cancelled", "emptied"]
    assert session.scalars(select(Application.emptied_at)).one() is not None


def test_money_for_an_emptied_application_still_goes_back(
    decided: Any, shop: Any, session: Any, now: datetime, outbox_rows: Any
) -> None:
    """Told long ago and read today, as from a dead letter: payments knows the payer, and nobody else has to."""
    row = decided(shop())
    billing.end_unpaid(session, row, SYSTEM, now=now)
    later = now + timedelta(days=1_826)
    assert empty(session, later)[0] == 1

    billing.paid(session, str(row.invoice_id), SYSTEM, paid_at=now, now=later)

    told = [one.envelope["data"] for one in outbox_rows() if one.topic == "licences.invoice"][-1]
    assert (told["status"], told["payer"], told["contacts"]) == ("refund_requested", None, [])
    contracts.check_event("sa.gov.qatif.licences.invoice.refund_requested.v1", told)
