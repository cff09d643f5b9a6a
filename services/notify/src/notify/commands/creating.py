"""Makes messages: the text is written at once, in the recipient's language, and kept sealed."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import NotFound
from chassis.events.outbox import publish
from notify.commands import callbacks
from notify.domain import texts
from notify.domain.floods import Held
from notify.domain.messages import HAPPENED, TERMINAL, Origin, Skipped, State
from notify.domain.sending import PAST_ITS_TIME
from notify.events import message_event
from notify.models import Message, Template, TemplateVersion


@dataclass(frozen=True, kw_only=True)
class About:
    """The aggregate that a message is about, and the number that people know it by."""

    type: str
    id: str
    number: str | None = None
    municipality: str | None = None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A message to make. `source`: what asks for it, such as an event's id; with template and recipient it's made once.
    `recipient`: a mobile in E.164, None when there's none. `link`: the address before the token, and the token, for the
    placeholder `hidden`. `expires_at`: where it isn't the template that says when the text is past its time."""

    origin: Origin
    source: str
    role: str
    language: str
    event_at: datetime
    recipient: str | None = made(default=None, repr=False)
    values: Mapping[str, str] = made(default_factory=dict, repr=False)
    link: tuple[str, str] | None = made(default=None, repr=False)
    hidden: str = texts.LINK
    expires_at: datetime | None = None
    about: About | None = None
    api_service_id: str | None = None
    api_key_id: str | None = None
    api_reference: str | None = None


def template_named(
    session: Session, name: str, api_service_id: str | None = None
) -> tuple[Template, TemplateVersion]:
    """A template with its current wording. Raises NotFound; also for one that is archived."""
    found = session.execute(
        select(Template, TemplateVersion)
        .join(
            TemplateVersion,
            (TemplateVersion.template_id == Template.template_id)
            & (TemplateVersion.number == Template.current),
        )
        .where(
            Template.name == name,
            Template.api_service_id.is_not_distinct_from(api_service_id),
            Template.archived.is_(False),
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


def create(
    session: Session,
    template: tuple[Template, TemplateVersion],
    wanted: Wanted,
    *,
    skipped: Skipped | None = None,
    held: Held | None = None,
    now: datetime,
) -> Message | None:
    """The new message, published; None when it's there already. Without a recipient it's skipped: `contact-missing`.
    One that is past its time has ended as `expired`.

    Raises texts.MissingValue.
    """
    state: State = State.CREATED
    reason: str | None = None
    if wanted.expires_at is not None and wanted.expires_at <= now:
        state, reason = State.EXPIRED, PAST_ITS_TIME
    elif skipped or wanted.recipient is None:
        state, reason = State.SKIPPED, str(skipped or Skipped.CONTACT_MISSING)
    elif held:
        state, reason = State.HELD, str(held)
    values = {
        **_of_template(template, wanted),
        **_text(template[1], wanted),
        **_times(template[0], wanted, state, now),
        "state": state.value,
        "reason": reason,
    }
    row = session.scalars(
        insert(Message).on_conflict_do_nothing().returning(Message), [values]
    ).one_or_none()
    if row is not None:
        publish(session, message_event(HAPPENED[state], row.record(), row.version, now))
        if state in TERMINAL:
            callbacks.note_end(session, row, now)
    return row


def _of_template(template: tuple[Template, TemplateVersion], wanted: Wanted) -> dict[str, object]:
    kind, wording = template
    about = wanted.about
    return {
        "message_id": new_id(),
        "version": 1,
        "origin": wanted.origin.value,
        "source": wanted.source,
        "template_id": kind.template_id,
        "template": kind.name,
        "template_version": wording.number,
        "kind": kind.kind,
        "when_unsure": kind.when_unsure,
        "language": wording.spoken(wanted.language),
        "role": wanted.role,
        "about_type": about.type if about else None,
        "about_id": about.id if about else None,
        "about_number": about.number if about else None,
        "municipality": about.municipality if about else None,
        "api_service_id": wanted.api_service_id,
        "api_key_id": wanted.api_key_id,
        "api_reference": wanted.api_reference,
    }


def _text(wording: TemplateVersion, wanted: Wanted) -> dict[str, object]:
    """The sealed columns; a message to nobody has no text."""
    recipient = {"recipient": wanted.recipient, "recipient_key": wanted.recipient}
    if wanted.recipient is None:
        return {**recipient, "text_public": None, "text_secret": None, "parts": 0}
    written = texts.write(
        wording.body(wanted.language), wanted.values, link=wanted.link, hidden=wanted.hidden
    )
    return {
        **recipient,
        "text_public": written.public,
        "text_secret": written.secret,
        "parts": written.parts,
    }


def _times(kind: Template, wanted: Wanted, state: State, now: datetime) -> dict[str, object]:
    ended = state in TERMINAL
    expires_at = wanted.expires_at or now + timedelta(seconds=kind.expires_seconds)
    return {
        "event_at": wanted.event_at,
        "created_at": now,
        "due_at": now if state is State.CREATED else None,
        "expires_at": expires_at,
        "ended_at": now if ended else None,
    }
