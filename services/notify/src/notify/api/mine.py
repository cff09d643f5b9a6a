"""The operations of citizens on the texts that they get."""

from collections.abc import Mapping
from typing import Any

from chassis.access.persons import persons_of
from notify.commands import languages
from notify.context import Call
from saudi.mobiles import mask_mobile

Body = Mapping[str, Any]
View = dict[str, Any]


def get_my_message_language(call: Call) -> View:
    mobile = _own_mobile(call)
    return {
        "language": languages.language_for(call.session, mobile),
        "mobile": mask_mobile(mobile) if mobile else None,
    }


def set_my_message_language(call: Call, body: Body) -> View:
    languages.choose_language(call.work, _own_mobile(call), body["language"])
    return get_my_message_language(call)


def _own_mobile(call: Call) -> str | None:
    """Returns the mobile that the national login has checked; None where the login gave none."""
    return persons_of(call.session).open(call.actor).mobile
