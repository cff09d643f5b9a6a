"""A form that becomes the body of one request to a service: its fields, and which input a fault leads to. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from portal.domain.form_documents import documents_body
from portal.domain.inputs import read_inputs


@dataclass(frozen=True)
class EntryField:
    """A field of a form. `kind`: `line`; `code`, `account` and `url` (written from the left); `day`, `time`, `text` of
    several lines, `lines` and `json` (written from the left), `choice` of a list, `checks` of several, `radios`,
    `secret`, `hidden`, or a `photo` or `file` (a photo or a PDF) that is sent before the form. `documents`: several
    files, each with the choice of its paper; the field's name is `documents` too. `path`: its place in the body, with
    dots between; the name where it's empty. `text`: the name of its words, where several fields have the same; `row`:
    what tells a row of fields from the others, which the words name; `heading`: the text above the field."""

    name: str
    kind: str = "line"
    most: int = 60
    path: str = ""
    text: str = ""
    row: str = ""
    heading: str = ""

    @property
    def place(self) -> str:
        return self.path or self.name

    @property
    def is_saved(self) -> bool:
        """Returns whether the field waits for a new token with the rest of its form. A secret doesn't, nor JSON, in
        which somebody may paste a private key."""
        return self.kind not in ("secret", "json")


class Placed(Protocol):
    """A field of any form that becomes a body: the name of its input, and its place in the body."""

    @property
    def name(self) -> str: ...
    @property
    def place(self) -> str: ...


def read_entry(fields: Sequence[EntryField], form: Mapping[str, str]) -> dict[str, str]:
    """Returns what was typed, by the names of the inputs. A browser ends a line with two signs; the service counts
    one."""
    return read_inputs(form, (one.name for one in fields))


def body_of(fields: Sequence[EntryField], typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the body for the service. An empty field is left out, so that the service names it where it's needed;
    the object around it is there."""
    body: dict[str, Any] = {}
    for field in fields:
        *parents, name = field.place.split(".")
        at = body
        for parent in parents:
            at = at.setdefault(parent, {})
        if value := typed[field.name]:
            at[name] = documents_body(value) if field.kind == "documents" else value
    return body


def input_of(place: str, fields: Sequence[Placed]) -> str:
    """Returns the input of a place in the body; empty for a place that no field fills. A fault of an object leads to
    the object's first input."""
    exact = [one.name for one in fields if one.place == place]
    within = [one.name for one in fields if one.place.startswith(f"{place}.")]
    around = [one.name for one in fields if place.startswith(f"{one.place}.")]
    return next(iter([*exact, *within, *around]), "")
