"""A moment is written in one way everywhere: RFC 3339 in UTC, with Z."""

import re
from collections.abc import Iterator
from typing import Any

from .reading import tree

NOW = tree()
_LIKE_A_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}.*")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3}|\.[0-9]{6})?Z"
)
# What a caller may send: any offset.
_TAKEN = {"2026-11-24T08:30:00+03:00"}


def texts(node: Any, place: str) -> Iterator[tuple[str, str]]:
    """(place, text) of every text in a file."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from texts(value, f"{place}/{name}")
    elif isinstance(node, list):
        for value in node:
            yield from texts(value, place)
    elif isinstance(node, str):
        yield place, node


def test_every_moment_of_every_example_is_in_utc_with_z() -> None:
    moments = [
        (place, text)
        for name, document in NOW.items()
        for place, text in texts(document, name)
        if _LIKE_A_MOMENT.fullmatch(text) and text not in _TAKEN
    ]

    assert len(moments) > 20
    assert [one for one in moments if not _MOMENT.fullmatch(one[1])] == []


def hidden_calendars(node: Any, place: str) -> Iterator[str]:
    """The place of every day and moment that a caller sends and that stands within `allOf`: an operation gets the text
    of such a field, and the day of one that is referred to."""
    if isinstance(node, dict):
        parts = [str(one.get("$ref")) for one in node.get("allOf", ()) if isinstance(one, dict)]
        if any("/Calendar" in one for one in parts) and node.get("nullable") is not True:
            yield place
        for name, value in node.items():
            yield from hidden_calendars(value, f"{place}/{name}")
    elif isinstance(node, list):
        for value in node:
            yield from hidden_calendars(value, place)


def test_a_day_that_a_caller_sends_is_referred_to_directly() -> None:
    hidden = {"until": {"allOf": [{"$ref": "common.yaml#/components/schemas/CalendarDay"}]}}

    assert list(hidden_calendars(hidden, "")) == ["/until"]
    assert list(hidden_calendars(NOW, "")) == []
