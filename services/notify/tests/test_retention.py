"""How long numbers and texts are kept, and what is left of a message after that."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.core import contracts
from chassis.data.aggregates import history
from notify import chores
from notify.commands.messages import NewMessage, create_message, get_current_template
from notify.domain.messages import Origin
from notify.models import ConfirmedMobile, DailyCount, Message

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
VALUES = {"number": "1448104233", "municipality": "بلدية صفوى"}


def message(session: Session, template: str, *, ended_days_ago: int | None) -> Message:
    wanted = NewMessage(
        origin=Origin.EVENT,
        source=f"{template}/{ended_days_ago}",
        role="reporter",
        language="ar",
        event_at=NOW,
        recipient="+966500000008",
        values=VALUES,
    )
    row = create_message(session, get_current_template(session, template), wanted, now=NOW)
    assert row is not None
    if ended_days_ago is not None:
        row.state, row.ended_at = "delivered", NOW - timedelta(days=ended_days_ago)
    session.flush()
    return row


def empty(context: Any) -> int:
    return chores.empty_messages(replace(context, now=NOW))


@pytest.mark.parametrize(
    ("template", "days", "emptied"),
    [
        ("report-received", 89, False),
        ("report-received", 91, True),
        ("permit-suspended", 91, False),
        ("permit-suspended", 5 * 365 - 1, False),
        ("permit-suspended", 5 * 365 + 1, True),
        ("report-received", None, False),
    ],
)
def test_information_is_kept_for_90_days_and_a_notice_for_five_years(
    session: Session, context: Any, template: str, days: int | None, emptied: bool
) -> None:
    row = message(session, template, ended_days_ago=days)

    assert empty(context) == int(emptied)

    session.refresh(row)
    assert (row.recipient is None) == (row.text_public is None) == emptied
    assert (row.recipient_key is None) == emptied
    assert row.emptied_at == (NOW if emptied else None)


def test_a_message_that_cannot_be_opened_is_emptied_too(session: Session, context: Any) -> None:
    broken = message(session, "report-received", ended_days_ago=91).message_id
    session.execute(text("UPDATE message SET recipient = text_public"))
    session.expunge_all()

    assert empty(context) == 1

    assert session.get_one(Message, broken).recipient is None


def test_an_emptied_message_keeps_its_state_and_is_published_and_journalled(
    session: Session, context: Any, outbox_rows: Any
) -> None:
    row = message(session, "report-received", ended_days_ago=91)

    empty(context)

    event = outbox_rows()[-1]
    assert event.type == "sa.gov.qatif.notify.message.emptied.v1"
    assert event.version == row.version == 2
    assert event.envelope["data"]["state"] == "delivered"
    assert event.envelope["data"]["emptied_at"] == "2026-11-25T08:00:00Z"
    contracts.check_event(event.type, event.envelope["data"])
    (entry,) = history(session, ("message", row.message_id))
    assert (entry.action, entry.subject, entry.details) == (
        "empty",
        "notify",
        {"kind": "information"},
    )


def test_messages_are_emptied_once_and_in_batches(
    session: Session, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chores, "EMPTIED_AT_ONCE", 2)
    for days in (91, 92, 93):
        message(session, "report-received", ended_days_ago=days)

    assert [empty(context) for _ in range(3)] == [2, 1, 0]


def test_no_row_of_the_table_holds_a_number_after_that(session: Session, context: Any) -> None:
    message(session, "report-received", ended_days_ago=91)

    empty(context)

    kept = session.execute(
        text("SELECT recipient, recipient_key, text_public, text_secret FROM message")
    )
    assert kept.all() == [(None, None, None, None)]


def test_counts_and_confirmations_by_number_have_an_end(session: Session, context: Any) -> None:
    for days in (1, 8):
        day = date(2026, 11, 25) - timedelta(days=days)
        session.add(DailyCount(day=day, kind="mobile", key=f"k{days}", count=1))
    for days, mobile in ((1, "+966500000008"), (731, "+966500000016")):
        confirmed = NOW - timedelta(days=days)
        session.add(
            ConfirmedMobile(mobile_key=mobile, mobile=mobile, confirmed_at=confirmed, by="code")
        )
    session.flush()

    chores.forget_counts(replace(context, now=NOW))

    assert session.scalars(text("SELECT key FROM daily_count")).all() == ["k1"]
    assert [row.mobile for row in session.query(ConfirmedMobile)] == ["+966500000008"]
