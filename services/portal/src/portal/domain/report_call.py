"""The form in which the 940 operator files a report for a caller. Pure.

The questions of a type are those of the public form: `report_form` reads their answers.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from portal.domain import report_form
from portal.domain.inputs import trim
from portal.domain.report_form import Question

# Input → the field of the service that it stands for.
FIELD_OF_INPUT: Mapping[str, str] = {
    "category": "category",
    "description": "description",
    "town": "location.town",
    "district": "location.district",
    "landmark": "location.landmark",
    "name": "reporter.name",
    "mobile": "reporter.mobile",
    "callback": "reporter.callback",
    "language": "language",
}
INPUT_OF_FIELD: Mapping[str, str] = {field: name for name, field in FIELD_OF_INPUT.items()}
# `key` is the submission's id, by which the report is filed once.
INPUTS = ("key", *FIELD_OF_INPUT)
_PARTS = {"location": ("town", "district", "landmark"), "reporter": ("name", "mobile", "callback")}


def blank_call(key: str, category: str, questions: Sequence[Question]) -> dict[str, Any]:
    """Returns a form in which nothing was typed."""
    inputs = (*INPUTS, *(one.input for one in questions))
    return {**dict.fromkeys(inputs, ""), "key": key, "category": category}


def read_call(
    values_of: Callable[[str], Sequence[str]], questions: Sequence[Question]
) -> dict[str, Any]:
    """Returns what was typed. `values_of` answers the values of an input. A browser ends a line with two signs; the
    service counts one."""
    typed = {name: trim(next(iter(values_of(name)), "")) for name in INPUTS}
    return {**typed, **report_form.read_answers(values_of, questions)}


def new_report(typed: Mapping[str, Any], questions: Sequence[Question]) -> dict[str, Any]:
    """Returns the report for the service. An empty field is left out, so that the service names it where it's
    needed."""
    parts = {
        part: {name: typed[name] for name in names if typed[name]} for part, names in _PARTS.items()
    }
    answers = report_form.answers_of(typed, questions)
    return {
        "submission_id": typed["key"],
        "channel": "call",
        "category": typed["category"],
        "description": typed["description"],
        "location": parts["location"],
        "language": typed["language"] or "ar",
        **({"reporter": parts["reporter"]} if parts["reporter"] else {}),
        **({"extra": answers} if answers else {}),
    }


def input_of(field: str) -> str:
    """Returns the input that a field of the service leads to; empty for a field without an input."""
    if field.startswith("extra."):
        return report_form.input_of_field(field)
    return INPUT_OF_FIELD.get(field, "")
