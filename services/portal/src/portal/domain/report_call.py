"""The form in which the 940 operator files a report for a caller. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

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
# Before the input of a further question of the type.
EXTRA = "extra_"
_PARTS = {"location": ("town", "district", "landmark"), "reporter": ("name", "mobile", "callback")}


def read_call(form: Mapping[str, str], questions: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Returns what was typed. `key` is the submission's id, by which the report is filed once."""
    names = ("key", *FIELD_OF_INPUT, *(EXTRA + one["code"] for one in questions))
    return {name: form.get(name, "").replace("\r\n", "\n").strip() for name in names}


def new_report(typed: Mapping[str, str], questions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns the report for the service. An empty field is left out, so that the service names it where it's
    needed."""
    parts = {
        part: {name: typed[name] for name in names if typed[name]} for part, names in _PARTS.items()
    }
    answers = {
        one["code"]: _answer_of(one, typed[EXTRA + one["code"]])
        for one in questions
        if typed[EXTRA + one["code"]]
    }
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
    part, _, code = field.partition(".")
    return EXTRA + code if part == "extra" and code else INPUT_OF_FIELD.get(field, "")


def _answer_of(question: Mapping[str, Any], typed: str) -> Any:
    return [typed] if question["datatype"] == "multivaluelist" else typed
