"""An action of the desk for permits: its fields, and how what was typed becomes its body. Pure. The actions stand in
`permit_action_table`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.domain.inputs import read_inputs
from saudi.text import fold_digits

Document = Mapping[str, Any]
NOTE_SIGNS = 1_000
REVEAL = "reveal"
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")


@dataclass(frozen=True)
class PermitField:
    """A field of the service's body; a dot leads into a part of the body. `kind`: `text` of several lines, `lines` of
    which each is an item, `words` in one line, `code`, `day`, `amount`, `number`, `seen` for an amount that the page
    shows, `check`, `owners` by their places, or the list from which one chooses. `hint`: the name of a text; a field
    without the name has the hint of its input."""

    name: str
    kind: str
    most: int = NOTE_SIGNS
    hint: str = ""

    @property
    def input(self) -> str:
        """Returns the name of the input, which is also its id."""
        return self.name.replace(".", "_")


@dataclass(frozen=True)
class PermitAction:
    """An action on a thing. `path`: the service's operation; `scope`: what the operation asks for; `is_offered`:
    whether the thing, as the service shows it, has the action now. `is_versioned`: the service compares the version
    that the person has read. `fixed`: parts of the body that nobody types; `names_thing`: the body names the thing as
    `of`. `leads_to`: the kind of the thing that the action makes."""

    name: str
    path: str
    scope: str
    fields: tuple[PermitField, ...]
    is_offered: Callable[[Document], bool]
    is_versioned: bool = True
    fixed: Mapping[str, Any] = field(default_factory=dict)
    names_thing: bool = False
    leads_to: str | None = None

    @property
    def is_keyed(self) -> bool:
        """Returns whether the service carries the action out once for each key. A look is recorded each time."""
        return self.name != REVEAL


# Beside the fields: the key under which a form is carried out once, and the version that the person has read.
HIDDEN = ("key", "version")


def read_action(action: PermitAction, form: Mapping[str, str]) -> dict[str, str]:
    """Returns what was typed, by the names of the inputs. A browser ends a line with two signs; the service counts
    one."""
    names = (*HIDDEN, *(one.input for one in action.fields))
    return read_inputs(form, names)


def body_of(action: PermitAction, typed: Mapping[str, str], thing_id: str) -> dict[str, Any]:
    """Returns the body for the service. An empty field is left out, so that the service names it where it's needed."""
    body: dict[str, Any] = dict(action.fixed)
    if action.names_thing:
        body["of"] = thing_id
    for one in action.fields:
        value = _value_of(one, typed[one.input])
        if value is None:
            continue
        part, _, inner = one.name.rpartition(".")
        (body.setdefault(part, {}) if part else body)[inner] = value
    return body


def _value_of(one: PermitField, text: str) -> Any:
    """Returns the value of a field; None for an empty field. A number that can't be read goes as it was typed: the
    service's refusal says what is wrong."""
    if one.kind == "check":
        return text == "yes"
    if not text:
        return None
    if one.kind == "lines":
        return [line.strip() for line in text.split("\n") if line.strip()]
    if one.kind == "owners":
        return [int(place) for place in text.split() if place.isascii() and place.isdigit()]
    return _number_of(text) if one.kind == "number" else text


def _number_of(text: str) -> Any:
    digits = fold_digits(text)
    if not _NUMBER.fullmatch(digits):
        return text
    return float(digits) if "." in digits else int(digits)
