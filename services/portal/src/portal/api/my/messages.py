"""The language in which a citizen gets the municipality's texts."""

from collections.abc import Mapping
from typing import Any

import flask

from pages.marks import code
from pages.site import Visit
from portal.api.asking import answer_or_problem, put
from portal.api.entry_forms import EntryForm, Surroundings, show_form, submit_form
from portal.domain.entry_form import EntryField, body_of

PATH = "/my/messages"
_LANGUAGE = "/v1/my/message-language"
_FIELDS = (EntryField("language", "radios"),)


def show_language(visit: Visit) -> flask.Response:
    """GET /my/messages: the language now, and the form."""
    return show_form(visit, _form(visit))


def submit_language(visit: Visit) -> flask.Response:
    """POST /my/messages."""
    return submit_form(visit, _form(visit))


def _form(visit: Visit) -> EntryForm:
    def look() -> Surroundings:
        found = answer_or_problem(visit, _LANGUAGE)
        mobile = code(found["mobile"]) if found["mobile"] else visit.text("message_no_mobile")
        return Surroundings(
            facts=[(visit.text("message_mobile"), mobile)],
            lists={"language": [_choice(visit, one) for one in found["languages"]]},
            blank={"language": found["language"]},
            is_closed=not found["mobile"],
        )

    return EntryForm(
        name="message_language",
        address=PATH,
        back="/my?tasks=all",
        fields=_FIELDS,
        look=look,
        send=lambda typed: put(visit, _LANGUAGE, body_of(_FIELDS, typed)),
        target=lambda _: f"{PATH}?done=message_language",
        done=("message_language",),
    )


def _choice(visit: Visit, known: Mapping[str, Any]) -> tuple[str, str]:
    """Returns a language and its name, with how many texts come in another language for now."""
    language = known["language"]
    name = visit.text(f"message_in_{language}")
    if not known["missing"]:
        return language, name
    part = "none" if known["missing"] == known["texts"] else "some"
    words = visit.text(
        f"message_missing_{part}",
        missing=known["missing"],
        texts=known["texts"],
        stand_in=visit.text(f"message_in_{known['stand_in']}"),
    )
    return language, name + words  # both are markup already
