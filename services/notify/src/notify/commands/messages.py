"""Messages: a command creates a message and changes its state, and a provider's receipt changes the state.

Each state that others may know is published. Receipts come in any order, repeatedly, and for unknown references.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, defer

from chassis.core import metrics
from chassis.core.ids import new_id
from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.data.wakeup import Channel
from chassis.events.outbox import publish, publish_all
from notify.commands import callbacks
from notify.domain import answers, texts
from notify.domain.answers import ProviderReport
from notify.domain.floods import Held
from notify.domain.messages import (
    HAPPENED,
    LIFE,
    TERMINAL,
    Origin,
    Skipped,
    State,
    state_by_receipt,
)
from notify.domain.sending import PAST_ITS_TIME, Outcome, is_of_newest
from notify.events import message_event
from notify.models import Attempt, Message, Receipt, Template, TemplateVersion

# The promise is 10 s; a repeated attempt takes minutes.
HANDED_OVER = metrics.histogram(
    "sms_handed_over_seconds",
    "From the event to the provider's acceptance",
    ["provider"],
    (0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600),
)
ENDED = metrics.counter("sms_ended_total", "Messages that have ended", ["state"])
# Leaves the sealed columns unread, so that a row that can't be unsealed is changed like any other row.
UNOPENED = [
    defer(column) for column in (Message.recipient, Message.text_public, Message.text_secret)
]


def change_state(
    session: Session, row: Message, state: State, *, reason: str | None = None, now: datetime
) -> None:
    """Changes the state of a locked message, and publishes the states that others may know. A terminal state deletes
    the link. Raises IllegalTransition."""
    LIFE.after(state, row.state)
    happened = HAPPENED.get(state)
    again = state is State.CREATED and row.state != State.HELD
    row.state, row.reason = state.value, reason
    if state is State.ACCEPTED:
        row.accepted_at = row.accepted_at or now
    if state is State.DELIVERED and row.accepted_at is None:
        row.accepted_at = now
    if state in TERMINAL:
        row.ended_at, row.due_at, row.text_secret = now, None, None
        callbacks.create_callback(session, row, now)
    if state is State.ACCEPTED and row.origin == Origin.CODE:
        # An accepted code is never sent again, and isn't kept longer than needed.
        row.text_secret = None
    if happened is not None and not again:
        row.version += 1
        publish(session, message_event(happened, row.record(), row.version, now))


def count_state(row: Message, state: State, now: datetime) -> None:
    """Counts the new state of a message."""
    if state is State.ACCEPTED and row.provider is not None:
        HANDED_OVER.labels(row.provider).observe((now - row.event_at).total_seconds())
    if state in TERMINAL:
        ENDED.labels(state.value).inc()


@dataclass(frozen=True, kw_only=True)
class About:
    """The aggregate that a message is about, with its number for people."""

    type: str
    id: str
    number: str | None = None
    municipality: str | None = None


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A message to create. `source`: the cause, such as the id of an event; source, template and recipient identify a
    message. `recipient`: a mobile in E.164, or None. `skipped`: why the message is never sent; `held`: why it waits.
    `link`: the address before the token, and the token, for the placeholder `hidden`. `expires_at`: replaces the expiry
    of the template."""

    origin: Origin
    source: str
    role: str
    language: str
    event_at: datetime
    recipient: str | None = field(default=None, repr=False)
    skipped: Skipped | None = None
    held: Held | None = None
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    link: tuple[str, str] | None = field(default=None, repr=False)
    hidden: str = texts.LINK
    expires_at: datetime | None = None
    about: About | None = None
    api_service_id: str | None = None
    api_key_id: str | None = None
    api_reference: str | None = None


TO_SEND = Channel("texts")  # wakes the sender
CurrentTemplate = tuple[Template, TemplateVersion]
# Made into statements once: every event of another service runs them.
_CURRENT_TEMPLATES = (
    select(Template, TemplateVersion)
    .join(
        TemplateVersion,
        (TemplateVersion.template_id == Template.template_id)
        & (TemplateVersion.number == Template.current),
    )
    .where(
        Template.name.in_(bindparam("names", expanding=True)),
        Template.api_service_id.is_(None),
        Template.archived.is_(False),
    )
)
_INSERT_NEW = insert(Message).on_conflict_do_nothing().returning(Message)


def get_current_template(session: Session, name: str) -> CurrentTemplate:
    """Returns a template of the municipality with its current wording. Raises NotFound, also for an archived
    template."""
    return get_current_templates(session, {name})[name]


def get_current_templates(session: Session, names: Set[str]) -> dict[str, CurrentTemplate]:
    """Returns several templates by name, as `get_current_template` does."""
    found = session.execute(_CURRENT_TEMPLATES, {"names": list(names)})
    templates = {kind.name: (kind, wording) for kind, wording in found}
    if len(templates) < len(names):
        raise NotFound
    return templates


def create_message(
    session: Session, template: CurrentTemplate, new: NewMessage, *, now: datetime
) -> Message | None:
    """Creates and publishes a message; returns None if the message exists. A message without a recipient is skipped as
    `contact-missing`; a message past its time ends as `expired`. Raises texts.MissingValue."""
    created = create_messages(session, [(template, new)], now=now)
    return created[0] if created else None


def create_messages(
    session: Session, wanted: Sequence[tuple[CurrentTemplate, NewMessage]], *, now: datetime
) -> Sequence[Message]:
    """Creates and publishes several messages, as `create_message` does. Returns the new ones."""
    columns = [_columns_of(template, new, now) for template, new in wanted]
    rows = session.scalars(_INSERT_NEW, columns).all()
    publish_all(
        session,
        [message_event(HAPPENED[State(row.state)], row.record(), row.version, now) for row in rows],
    )
    if any(row.state == State.CREATED for row in rows):
        TO_SEND.wake_after_commit(session)
    for row in rows:
        if row.state in TERMINAL:
            callbacks.create_callback(session, row, now)
    return rows


def _columns_of(template: CurrentTemplate, new: NewMessage, now: datetime) -> dict[str, object]:
    state: State = State.CREATED
    reason: str | None = None
    if new.expires_at is not None and new.expires_at <= now:
        state, reason = State.EXPIRED, PAST_ITS_TIME
    elif new.skipped or new.recipient is None:
        state, reason = State.SKIPPED, str(new.skipped or Skipped.CONTACT_MISSING)
    elif new.held:
        state, reason = State.HELD, str(new.held)
    return {
        **_template_columns(template, new),
        **_text_columns(template[1], new),
        **_time_columns(template[0], new, state, now),
        "state": state.value,
        "reason": reason,
    }


def _template_columns(template: CurrentTemplate, new: NewMessage) -> dict[str, object]:
    kind, wording = template
    about = new.about
    return {
        "message_id": new_id(),
        "version": 1,
        "origin": new.origin.value,
        "source": new.source,
        "template_id": kind.template_id,
        "template": kind.name,
        "template_version": wording.number,
        "kind": kind.kind,
        "when_unsure": kind.when_unsure,
        "language": wording.spoken(new.language),
        "role": new.role,
        "about_type": about.type if about else None,
        "about_id": about.id if about else None,
        "about_number": about.number if about else None,
        "municipality": about.municipality if about else None,
        "api_service_id": new.api_service_id,
        "api_key_id": new.api_key_id,
        "api_reference": new.api_reference,
    }


def _text_columns(wording: TemplateVersion, new: NewMessage) -> dict[str, object]:
    """Returns the sealed columns. A message without a recipient has no text."""
    recipient = {"recipient": new.recipient, "recipient_key": new.recipient}
    if new.recipient is None:
        return {**recipient, "text_public": None, "text_secret": None, "parts": 0}
    written = texts.write(wording.body(new.language), new.values, link=new.link, hidden=new.hidden)
    return {
        **recipient,
        "text_public": written.public,
        "text_secret": written.secret,
        "parts": written.parts,
    }


def _time_columns(
    kind: Template, new: NewMessage, state: State, now: datetime
) -> dict[str, object]:
    ended = state in TERMINAL
    expires_at = new.expires_at or now + timedelta(seconds=kind.expires_seconds)
    return {
        "event_at": new.event_at,
        "created_at": now,
        "due_at": now if state is State.CREATED else None,
        "expires_at": expires_at,
        "ended_at": now if ended else None,
    }


def record_receipt(
    work: UnitOfWork,
    provider: str,
    report: ProviderReport,
    *,
    said_at: datetime | None,
    patience: timedelta,
) -> bool:
    """Stores a receipt, and changes its message. Returns False for a repeated receipt.

    A terminal state stays. A failure counts only if it's from the present provider and about the newest attempt.
    """
    session, now = work.session, work.now
    row = _lock_message(work, report.reference)
    values = {
        "provider": provider,
        "reference": report.reference,
        "status": report.status,
        "provider_reference": report.provider_reference,
        "message_id": row.message_id if row else None,
        "said_at": said_at,
        "received_at": now,
    }
    statement = insert(Receipt).values(values).on_conflict_do_nothing()
    new = session.scalar(statement.returning(Receipt.receipt_id)) is not None
    if row is not None and new:
        _apply_receipt(session, row, provider, report, patience=patience, now=now)
    return new


def delete_unknown_receipts(session: Session, before: datetime) -> None:
    """Deletes old receipts of unknown references."""
    session.execute(
        delete(Receipt).where(Receipt.message_id.is_(None), Receipt.received_at < before)
    )


def _lock_message(work: UnitOfWork, reference: str) -> Message | None:
    try:
        return work.lock(Message, str(UUID(reference)))
    except (ValueError, NotFound):
        return None


def _apply_receipt(
    session: Session,
    row: Message,
    provider: str,
    report: ProviderReport,
    *,
    patience: timedelta,
    now: datetime,
) -> None:
    reported = answers.state_of(report.status)
    if reported is None or (row.provider != provider and reported is not State.DELIVERED):
        return
    if reported is State.FAILED and not _is_about_newest_attempt(session, row, report):
        return
    state = state_by_receipt(State(row.state), reported)
    if state is None:
        return
    row.due_at = now + patience if state is State.ACCEPTED else None
    row.provider = provider
    change_state(session, row, state, reason="rejected" if state is State.FAILED else None, now=now)
    count_state(row, state, now)


def _is_about_newest_attempt(session: Session, row: Message, report: ProviderReport) -> bool:
    """Returns whether the receipt is about the newest attempt that the provider took or may have taken."""
    taken = or_(Attempt.outcome.is_(None), Attempt.outcome != Outcome.NOT_SENT.value)
    statement = (
        select(Attempt.provider_reference)
        .where(Attempt.message_id == row.message_id, Attempt.provider == row.provider, taken)
        .order_by(Attempt.number)
    )
    return is_of_newest(session.scalars(statement).all(), report.provider_reference)
