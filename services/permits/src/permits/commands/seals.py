"""What seals the parts of an event that aren't readable by everybody, by the keys of the session's database."""

from sqlalchemy.orm import Session

from chassis.data.sealed import keys_of
from chassis.events.contacts import contacts_of
from chassis.events.inquiry import inquiries_of
from permits import events


def seals_of(session: Session) -> events.Seals:
    """By the keys of the session's database."""
    return events.Seals(keys_of(session).events, contacts_of(session), inquiries_of(session))
