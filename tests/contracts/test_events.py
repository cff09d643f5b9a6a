"""Every event type has a schema, two examples, and a place on a topic."""

import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import jsonschema_rs
import pytest

from chassis.core import contracts

from .reading import event_place, event_types, schema, tree

NOW = tree()
TOPICS = {name: topic for name, topic in NOW.items() if name.startswith("topics/")}
TYPES = event_types(NOW)
SCHEMAS = {name.removeprefix("events/"): doc for name, doc in NOW.items() if "events/" in name}
BY_TYPE = pytest.mark.parametrize("event_type", TYPES)


def optional(shape: Any, at: str = "") -> set[str]:
    """The places that data may leave out, `land/deed`; what stands beneath a list's items has `[]` in its path."""
    found: set[str] = set()
    if not isinstance(shape, dict):
        return found
    for name, part in shape.get("properties", {}).items():
        place = f"{at}/{name}"
        if name not in shape.get("required", []):
            found.add(place)
        found |= optional(part, place)
    return found | optional(shape.get("items"), f"{at}[]")


def objects(value: Any, at: str = "") -> Iterator[tuple[str, set[str]]]:
    """(place, names) of every object within the data."""
    if isinstance(value, dict):
        yield at, set(value)
        for name, part in value.items():
            yield from objects(part, f"{at}/{name}")
    elif isinstance(value, list):
        for part in value:
            yield from objects(part, f"{at}[]")


def filled(value: Any, at: str = "") -> set[str]:
    """The places that hold something: no null and no empty list."""
    if isinstance(value, dict):
        return set().union(*(filled(part, f"{at}/{name}") for name, part in value.items()))
    if isinstance(value, list):
        return set().union(*(filled(part, f"{at}[]") for part in value))
    return set() if value is None else {at}


@pytest.mark.parametrize("file", SCHEMAS)
def test_an_event_schema_is_valid_json_schema(file: str) -> None:
    document = SCHEMAS[file]

    jsonschema_rs.meta.validate(document)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$id"].endswith(f"/{file}")
    assert document["title"]
    assert document["description"]


def test_every_event_type_has_a_schema_of_its_own() -> None:
    places = {contracts.event_schema_place(kind) for kind in TYPES}

    shared = [kind for kind in TYPES if kind.split(".")[-3] in contracts.SHARED_AGGREGATES]
    assert len(places) == len(set(TYPES) - set(shared)) + len(
        {tuple(one.split(".")[-3:-1]) for one in shared}
    )


@BY_TYPE
def test_the_loader_and_the_tests_find_the_same_schema(event_type: str) -> None:
    file, place = event_place(NOW, event_type)

    assert contracts.event_schema(event_type) == place
    assert contracts.event_schema_place(event_type).startswith(file.removeprefix("events/"))


def test_every_schema_belongs_to_an_event_type() -> None:
    whole = "".join(json.dumps(document) for document in SCHEMAS.values())
    used = {contracts.event_schema_place(kind).partition("#")[0] for kind in TYPES}

    parts = set(SCHEMAS) - used
    assert [part for part in parts if f'{PurePosixPath(part).name}"' not in whole] == []


@pytest.mark.parametrize("file", SCHEMAS)
def test_a_part_of_a_schema_with_an_arabic_title_is_an_event_type(file: str) -> None:
    titled = {
        name
        for name, part in SCHEMAS[file].get("$defs", {}).items()
        if " · " in part.get("title", "")
    }

    places = {contracts.event_schema_place(kind) for kind in TYPES}
    assert {f"{file}#/$defs/{name}" for name in titled} == {
        place for place in places if place.startswith(f"{file}#")
    }


@BY_TYPE
def test_an_event_has_a_title_in_arabic_and_english_and_a_description(event_type: str) -> None:
    described = contracts.event_schema(event_type)

    assert re.fullmatch("[\u0600-\u06ff ]+ · [A-Z][a-z ]+", described["title"])
    assert described["description"]


@BY_TYPE
@pytest.mark.parametrize("size", ["minimal", "full"])
def test_an_example_is_valid(event_type: str, size: Any) -> None:
    validator = contracts.event_validator(event_type)
    data = contracts.event_example(event_type, size)

    assert [str(fault) for fault in validator.iter_errors(data)] == []


def test_every_example_belongs_to_an_event_type() -> None:
    written = {
        (name, participle)
        for name, file in NOW.items()
        if name.startswith("examples/")
        for participle in file["events"]
    }

    assert written == {place_of_examples(kind) for kind in TYPES}


def place_of_examples(event_type: str) -> tuple[str, str]:
    *_, service, aggregate, participle, version = event_type.split(".")
    folder = "" if aggregate in contracts.SHARED_AGGREGATES else f"{service}/"
    return f"examples/{folder}{aggregate.replace('_', '-')}.{version}.yaml", participle


@BY_TYPE
def test_the_full_example_leaves_nothing_optional_out(event_type: str) -> None:
    there: dict[str, set[str]] = {}
    for place, names in objects(contracts.event_example(event_type)):
        there.setdefault(place, set()).update(names)

    for place in optional(schema(NOW, *event_place(NOW, event_type))):
        holder, _, name = place.rpartition("/")
        assert holder not in there or name in there[holder], place


@BY_TYPE
def test_the_two_examples_differ(event_type: str) -> None:
    minimal, full = (contracts.event_example(event_type, size) for size in ("minimal", "full"))

    assert minimal != full
    assert filled(minimal) - filled(full) == set()


@BY_TYPE
def test_an_event_type_is_named_by_owner_aggregate_and_participle(event_type: str) -> None:
    (topic,) = (topic for topic in TOPICS.values() if event_type in topic["event_types"])
    *prefix, owner, aggregate, _participle, version = event_type.split(".")

    assert ".".join(prefix) == "sa.gov.qatif"
    assert f"{owner}.{aggregate}" == topic["topic"]
    assert version[0] == "v"
    assert version[1:].isdigit()


def test_a_broken_example_would_be_noticed() -> None:
    issued = "sa.gov.qatif.permits.permit.issued.v1"
    data = {**contracts.event_example(issued), "issued_on": "2026-02-30"}

    with pytest.raises(contracts.ContractError, match="issued_on"):
        contracts.check_event(issued, data)
