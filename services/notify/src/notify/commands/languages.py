"""The language of texts: the thing names the language, and who holds the mobile may have chosen another than Arabic."""

from collections.abc import Collection, Mapping

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from chassis.core.refusals import Conflict
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from notify.commands.mobiles import keep_of_mobile
from notify.domain.templates import DEFAULT_LANGUAGE
from notify.models import ChosenLanguage

_CHOSEN = select(ChosenLanguage.mobile_key, ChosenLanguage.language).where(
    ChosenLanguage.mobile_key.in_(bindparam("keys", expanding=True))
)


class NoMobile(Conflict):
    """The national login gave no mobile of this person, so no text can be known to be the person's."""

    problem = "no-mobile"


def choose_language(work: UnitOfWork, mobile: str | None, language: str) -> None:
    """Records the language of texts to a mobile that the national login has proved. Raises NoMobile."""
    if mobile is None:
        raise NoMobile
    keep_of_mobile(work.session, ChosenLanguage, mobile, language=language, chosen_at=work.now)


def language_for(session: Session, mobile: str | None, named: str = DEFAULT_LANGUAGE) -> str:
    """Returns the language of a text to the mobile. `named`: the language that the thing names."""
    return language_of_text(mobile, named, chosen_languages(session, {mobile} if mobile else ()))


def chosen_languages(session: Session, mobiles: Collection[str]) -> dict[str, str]:
    """Returns the chosen languages by mobile. A mobile whose holder chose none is missing."""
    index = keys_of(session).index
    mobile_of = {key: mobile for mobile in mobiles for key in index.keys(mobile)}
    if not mobile_of:
        return {}
    rows = session.execute(_CHOSEN, {"keys": list(mobile_of)})
    return {mobile_of[key]: language for key, language in rows}


def language_of_text(mobile: str | None, named: str, chosen: Mapping[str, str]) -> str:
    """Returns the language of a text to the mobile. Every service says Arabic where nobody chose, so the chosen
    language takes the place of Arabic and of no other language."""
    if mobile is None or named != DEFAULT_LANGUAGE:
        return named
    return chosen.get(mobile, named)
