"""Reminders of several things at once: whoever has many of them, as an establishment its workers' certificates, gets
one text a day that lists what ends soon."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from notify.commands.creating import About, Wanted, create, template_named
from notify.commands.speaking import municipality_name, usable
from notify.domain import reminders
from notify.domain.messages import Origin
from notify.models import Ending
from notify.routes import Ends
from saudi.days import legal_day


def tell(session: Session, row: Ending, ends: Ends, *, planned: datetime, now: datetime) -> None:
    """Beside the reminder of the one thing, the list in which it stands; a list that went out today goes out no more.
    Nobody of that role to tell leaves no message."""
    if ends.gathered is None or row.gathered_by is None:
        return
    contacts = [one for one in row.contacts if one.get("role") == ends.gathered.role]
    if not contacts:
        return
    today = legal_day(now)
    soon = _soon(session, row, ends, now)
    about = About(type=row.about_type, id=row.about_id, municipality=row.municipality)
    template = template_named(session, ends.gathered.template)
    for contact in contacts:
        language = contact["language"]
        things = [(one.about_number or "", one.ends_on) for one in soon if _told(contact, one)]
        recipient, skipped = usable(contact["mobile"])
        wanted = Wanted(
            origin=Origin.REMINDER,
            source=reminders.gathered_source(row.about_type, row.gathered_by, today),
            role=ends.gathered.role,
            language=language,
            event_at=planned,
            recipient=recipient,
            values={
                "count": str(len(things)),
                "list": reminders.listed(things, language),
                "municipality": municipality_name(row.municipality, language),
            },
            about=about,
        )
        create(session, template, wanted, skipped=skipped, now=now)


def _told(contact: Mapping[str, str], thing: Ending) -> bool:
    """Whether the contact is one of the thing's own, by role and mobile: who acted for an establishment once isn't told
    of what it got since."""
    return any(
        one.get("role") == contact["role"] and one.get("mobile") == contact["mobile"]
        for one in thing.contacts
    )


def _soon(session: Session, row: Ending, ends: Ends, now: datetime) -> list[Ending]:
    """What ends within the longest time of the reminders, soonest first."""
    today = legal_day(now)
    last = today + timedelta(days=max(ends.days))
    statement = select(Ending).where(
        Ending.about_type == row.about_type,
        Ending.gathered_by == row.gathered_by,
        Ending.ends_on.between(today, last),
    )
    return list(session.scalars(statement.order_by(Ending.ends_on, Ending.about_number)))
