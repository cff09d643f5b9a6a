"""Every state that an event can tell of has its words, and no state has words that nothing tells of."""

import re
from typing import Any

import pytest

from chassis.core import states

from .reading import schema, tree

NOW = tree()
STATES: dict[str, dict[str, Any]] = NOW["reference/states.yaml"]
KINDS = NOW["events/inquiry.v1.schema.json"]["properties"]["kind"]["enum"]
TONES = {"neutral", "progress", "waiting", "good", "bad"}
# States that people read instead of the event's own.
SHOWN_INSTEAD = {"appointment": {"affected"}}
# What a page sees from the last valid day, and no event tells.
COMPUTED = {"expired"}
ALL = [(kind, status) for kind, found in STATES.items() for status in found]


def statuses_by_kind() -> dict[str, set[str]]:
    """Kind → its statuses, of all event schemas with an inquiry block."""
    found: dict[str, set[str]] = {}
    for name, document in NOW.items():
        if name.startswith("events/") and "inquiry" in document.get("properties", {}):
            block = schema(NOW, name, document)["properties"]["inquiry"]["properties"]
            for kind in block["kind"]["enum"]:
                found.setdefault(kind, set()).update(block["status"]["enum"])
    return found


def test_every_status_of_an_event_has_its_words_and_the_other_way_round() -> None:
    named = {kind: set(found) - COMPUTED for kind, found in STATES.items()}

    assert statuses_by_kind()
    # A kind whose events aren't published yet may have its words already.
    assert {kind: named.get(kind) for kind in statuses_by_kind()} == statuses_by_kind()


def test_the_status_of_an_inquiry_is_one_of_its_event() -> None:
    for name, document in NOW.items():
        if name.startswith("events/") and "inquiry" in document.get("properties", {}):
            whole = schema(NOW, name, document)["properties"]
            inquiry = whole["inquiry"]["properties"]
            instead = (SHOWN_INSTEAD.get(kind, set()) for kind in inquiry["kind"]["enum"])
            statuses = set(whole["status"]["enum"]).union(*instead)
            assert set(inquiry["status"]["enum"]) == statuses


def test_a_kind_with_words_is_one_of_the_inquiry() -> None:
    assert set(STATES) <= set(KINDS)


@pytest.mark.parametrize(("kind", "status"), ALL)
def test_a_state_is_said_in_arabic_and_in_english(kind: str, status: str) -> None:
    found = states.state(kind, status)

    for words in (found.words, found.next):
        assert re.fullmatch("[\u0620-\u0652 ،.]+", words.ar)
        assert re.fullmatch("[A-Za-z',.; ]+", words.en)
        assert (words.in_language("ar"), words.in_language("en")) == (words.ar, words.en)
    for words in (found.next.ar, found.next.en):
        assert words.endswith(".")
    assert found.tone in TONES


def test_an_undeclared_state_is_an_error_and_no_empty_text() -> None:
    with pytest.raises(LookupError):
        states.state("report", "forgotten")
    with pytest.raises(LookupError):
        states.state("dream", "new")
