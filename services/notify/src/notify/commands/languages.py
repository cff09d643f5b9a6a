"""The language of texts: the thing names the language, and who holds the mobile may have chosen another than Arabic."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import Conflict
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contact
from notify.commands.mobiles import keep_of_mobile
from notify.domain.templates import DEFAULT_LANGUAGE
from notify.models import ChosenLanguage


class NoMobile(Conflict):
    """The national login gave no mobile of this person, so no text can be known to be the person's."""

    problem = "no-mobile"


def choose_language(work: UnitOfWork, mobile: str | None, language: str) -> None:
    """Records the language of texts to a mobile that the national login has proved. Raises NoMobile."""
    if mobile is None:
        raise NoMobile
    keep_of_mobile(work.session, ChosenLanguage, mobile, language=language, chosen_at=work.now)


def language_for(session: Session, mobile: str | None, named: str = DEFAULT_LANGUAGE) -> str:
    """Returns the language of a text to the mobile. `named`: the language that the thing names. Every service says
    Arabic where nobody chose, so the chosen language takes the place of Arabic and of no other language."""
    if mobile is None or named != DEFAULT_LANGUAGE:
        return named
    keys = keys_of(session).index.keys(mobile)
    statement = select(ChosenLanguage.language).where(ChosenLanguage.mobile_key.in_(keys))
    return session.scalar(statement.limit(1)) or named


def in_chosen_language(session: Session, contact: Contact) -> Contact:
    """Returns the contact with the language in which its texts are written."""
    return replace(contact, language=language_for(session, contact.mobile, contact.language))
