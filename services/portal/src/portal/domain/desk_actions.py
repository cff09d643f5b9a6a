"""The forms by which staff act on a thing of a service: which fields an action has, and how they become its body. Pure.

A thing of which every action names a version has its own table (`report_actions`). A form that is sent twice is
carried out once: its service keeps the form's key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.domain.inputs import read_inputs, read_whole_number
from saudi.text import fold_digits

NOTE_SIGNS = 500


@dataclass(frozen=True)
class FormField:
    """A field of the service's body. `kind`: `text` of several lines, `line`, `code` and `day` written from the left,
    `number`, `reasons` of which each line is one, `truth` (yes or no), or the name of the list from which one chooses.
    `path`: its place in the body, with dots between; the name where it's empty. `has_ascii_digits`: the service takes
    no other digits, so digits of either kind are sent as ASCII digits."""

    name: str
    kind: str = "text"
    most: int = NOTE_SIGNS
    path: str = ""
    has_ascii_digits: bool = False

    @property
    def place(self) -> str:
        return self.path or self.name


@dataclass(frozen=True)
class DeskAction:
    """An action on a thing. `path` is the service's, behind the thing. `scopes`: the page offers the action to whoever
    holds one of them. `shows_answer`: the answer is shown and has no address. `leads_to_list`: the person may not see
    the thing any more. `fixed`: parts of the body that nobody types. `is_versioned`: the thing is changed only as the
    form has shown it."""

    name: str
    path: str
    fields: tuple[FormField, ...] = ()
    scopes: tuple[str, ...] = ()
    shows_answer: bool = False
    leads_to_list: bool = False
    is_versioned: bool = False
    fixed: Mapping[str, Any] = field(default_factory=dict, hash=False)


def by_name(*actions: DeskAction) -> Mapping[str, DeskAction]:
    """Returns a table of actions."""
    return {action.name: action for action in actions}


def read_action(action: DeskAction, form: Mapping[str, str]) -> dict[str, str]:
    """Returns what was typed, by the names of the inputs, with the key of the form and the page to which the person
    goes back. A browser ends a line with two signs; the service counts one."""
    names = ("key", "back", "version", *(one.name for one in action.fields))
    return read_inputs(form, names)


def version_of(typed: Mapping[str, str]) -> int:
    """Returns the version that the person has read. A form that names none has read nothing: the service refuses it."""
    return read_whole_number(typed["version"]) or 0


def body_of(action: DeskAction, typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the body for the service. An empty field is left out, so that the service names it where it's needed; the
    object around it is there."""
    body: dict[str, Any] = dict(action.fixed)
    for one in action.fields:
        *parents, name = one.place.split(".")
        at = body
        for parent in parents:
            at = at.setdefault(parent, {})
        if typed[one.name]:
            at[name] = _value(one, typed[one.name])
    return body


def _value(one: FormField, text: str) -> Any:
    if one.kind == "reasons":
        return [{"ar": line.strip()} for line in text.split("\n") if line.strip()]
    if one.kind == "truth":
        return text == "yes"
    digits = fold_digits(text)
    if one.has_ascii_digits:
        return digits
    is_number = one.kind == "number" and digits.isascii() and digits.isdigit()
    return int(digits) if is_number and len(digits) < 10 else text
