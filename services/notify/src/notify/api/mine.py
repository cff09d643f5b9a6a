"""The operations of citizens on the texts that they get."""

from collections.abc import Mapping
from typing import Any

from chassis.access.persons import persons_of
from notify import queries
from notify.commands import languages
from notify.context import Call
from notify.domain.languages import stand_in
from notify.domain.templates import FURTHER, LANGUAGES
from saudi.mobiles import mask_mobile

Body = Mapping[str, Any]
View = dict[str, Any]


def get_my_message_language(call: Call) -> View:
    mobile = _own_mobile(call)
    return {
        "language": languages.language_for(call.session, mobile),
        "mobile": mask_mobile(mobile) if mobile else None,
        "languages": _languages(call),
    }


def _languages(call: Call) -> list[View]:
    """Returns each language with the count of texts, and of those that come in another language."""
    wordings = [wording for _, wording in queries.list_templates(call.session, None)]
    return [
        {
            "language": one,
            "texts": len(wordings),
            "missing": sum(wording.spoken(one) != one for wording in wordings),
            "stand_in": stand_in(one),
        }
        for one in (*LANGUAGES, *FURTHER)
    ]


def set_my_message_language(call: Call, body: Body) -> View:
    languages.choose_language(call.work, _own_mobile(call), body["language"])
    return get_my_message_language(call)


def _own_mobile(call: Call) -> str | None:
    """Returns the mobile that the national login has checked; None where the login gave none."""
    return persons_of(call.session).open(call.actor).mobile
