"""The examples of an event type are a full example and its changes, and an event type has one schema."""

import pytest

from chassis.core import contracts

MADE, REPAIRED = "sa.gov.qatif.sample.thing.made.v1", "sa.gov.qatif.sample.thing.repaired.v1"


def test_a_minimal_example_is_the_full_example_with_its_changes():
    assert contracts.event_example(MADE) == {
        "name": "lamp",
        "made_on": "2026-11-24",
        "parts": [{"name": "bulb"}, {"name": "socket"}],
    }
    assert contracts.event_example(MADE, "minimal") == {"name": "lamp", "parts": []}


def test_an_event_type_changes_both_sizes_or_one():
    assert contracts.event_example(REPAIRED) == {
        "name": "repaired lamp",
        "made_on": "2026-11-24",
        "parts": [{}, {"name": "new socket"}],
    }
    assert contracts.event_example(REPAIRED, "minimal") == {"name": "repaired lamp", "parts": None}


def test_a_caller_that_changes_an_example_changes_no_other_callers_example():
    contracts.event_example(MADE)["parts"].clear()

    assert len(contracts.event_example(MADE)["parts"]) == 2


def test_an_event_type_without_a_schema_is_an_error():
    assert contracts.event_schema_place(MADE) == "sample/thing-made.v1.schema.json"
    with pytest.raises(contracts.ContractError, match="repaired"):
        contracts.event_schema(REPAIRED)
