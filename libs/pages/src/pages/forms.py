"""Faults of a form: what the error summary says, and which field it leads to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FieldFault:
    """What is wrong with a field, in words. `field` is the id of its input; empty for the form as a whole. `address`:
    the page to which a fault of the whole form leads."""

    field: str
    text: str
    address: str = ""


class Faults:
    """The faults of a form, in the order in which the summary names them."""

    def __init__(self, faults: Iterable[FieldFault] = ()) -> None:
        self.all = tuple(faults)

    def __bool__(self) -> bool:
        return bool(self.all)

    def of(self, field: str) -> str | None:
        """Returns the first fault of a field."""
        return next((one.text for one in self.all if one.field == field), None)


NO_FAULTS = Faults()


# Returns the input of the form that a field of a service stands for; empty for a field without an input.
InputOf = Callable[[str], str]


def place_faults(problem: Mapping[str, Any], input_of: InputOf) -> Faults:
    """Returns the faults that a problem (RFC 9457) of a service names, each at its input.

    A fault of a field without an input, and a problem without fields, stand in the summary without a link. The service
    has written the words in the language of the page.
    """
    named = [
        FieldFault(input_of(str(one["field"])), str(one["detail"]))
        for one in problem.get("errors", ())
    ]
    if named:
        return Faults(named)
    text = problem.get("detail") or problem.get("title") or ""
    return Faults([FieldFault("", str(text))])


def by_field(inputs: Mapping[str, str] | Iterable[str] = ()) -> InputOf:
    """Returns how fields lead to inputs: by a table of them, or by names that are the same on both sides. A field
    within an object leads where the object leads."""
    table = inputs if isinstance(inputs, Mapping) else {name: name for name in inputs}
    return lambda field: table.get(field, "") or table.get(field.partition(".")[0], "")
