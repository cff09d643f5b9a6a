"""Messages of other systems, by the Notify API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from notify.commands import floods
from notify.commands.messages import CurrentTemplate, NewMessage, create_message
from notify.domain.api_services import KeyKind
from notify.domain.floods import Caps, DayIsFull
from notify.domain.messages import Origin, Skipped
from notify.domain.notifications import DayExceeded, NotifyRefusal, normal_name
from notify.models import Message, Template, TemplateVersion


@dataclass(frozen=True)
class Sender:
    """The sender: a key of a system, with the limits of the system."""

    service_id: str
    key_id: str
    kind: str
    rate_per_minute: int
    messages_per_day: int

    @property
    def is_test(self) -> bool:
        return self.kind == KeyKind.TEST


@dataclass(frozen=True)
class Draft:
    """The content of a request: mobile (E.164), values by placeholder, reference of the system."""

    mobile: str
    values: Mapping[str, str]
    language: str
    reference: str | None


def require_template(session: Session, sender: Sender, template_id: str) -> Template:
    """Returns a template of the system in use. Raises NotifyRefusal."""
    row = session.get(Template, template_id)
    if row is None or row.api_service_id != sender.service_id:
        raise NotifyRefusal("Template not found")
    if row.archived:
        raise NotifyRefusal("Template has been deleted")
    return row


def language_of(wording: TemplateVersion, values: Mapping[str, Any]) -> str:
    """Returns `en` if the values say `language: en` and the template has no such placeholder; else `ar`."""
    names = {normal_name(name) for name in wording.parameters}
    return "en" if "language" not in names and values.get("language") == "en" else "ar"


def send(
    session: Session,
    sender: Sender,
    template: CurrentTemplate,
    draft: Draft,
    *,
    caps: Caps,
    now: datetime,
) -> Message:
    """Creates the message. The message of a test key ends at once, unsent. Raises DayExceeded."""
    if not sender.is_test:
        _count_text(session, caps, now)
    message_id = new_id()
    new = NewMessage(
        origin=Origin.API,
        source=f"api/{message_id}",
        role="recipient",
        language=draft.language,
        event_at=now,
        recipient=draft.mobile,
        skipped=Skipped.TEST_KEY if sender.is_test else None,
        values=draft.values,
        api_service_id=sender.service_id,
        api_key_id=sender.key_id,
        api_reference=draft.reference,
    )
    row = create_message(session, template, new, now=now)
    if row is None:
        raise LookupError(f"{new.source} is there already")
    return row


def _count_text(session: Session, caps: Caps, now: datetime) -> None:
    try:
        floods.count_unheld(session, caps, now)
    except DayIsFull as full:
        raise DayExceeded(full.limit, full.retry_after) from None
