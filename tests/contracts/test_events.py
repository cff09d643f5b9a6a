"""Every event has a schema, two examples, and a place on a topic."""

import posixpath
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from chassis.core import contracts

from .reading import schema, tree

NOW = tree()
TOPICS = {name: topic for name, topic in NOW.items() if name.startswith("topics/")}
TYPES = sorted(kind for topic in TOPICS.values() for kind in topic["event_types"])
SCHEMAS = {name.removeprefix("events/"): doc for name, doc in NOW.items() if "events/" in name}
EXAMPLES = {name.removeprefix("examples/"): doc for name, doc in NOW.items() if "examples/" in name}
BY_TYPE = pytest.mark.parametrize("event_type", TYPES)


def parts(node: Any, folder: str) -> set[str]:
    """The schemas that others refer to: an aggregate's state or a part of it, which is no event by itself."""
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    found = set[str]().union(*(parts(one, folder) for one in inner))
    file = str(node.get("$ref", "")).partition("#")[0] if isinstance(node, dict) else ""
    return found | ({posixpath.normpath(posixpath.join(folder, file))} if file else set())


def example(event_type: str, size: str) -> Any:
    return EXAMPLES[f"{contracts.event_file(event_type)}.{size}.json"]


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


def test_every_event_type_has_a_schema_and_every_schema_an_event_type() -> None:
    named = {f"{contracts.event_file(kind)}.schema.json" for kind in TYPES}

    own = [kind for kind in TYPES if kind.split(".")[-3] not in contracts.SHARED_AGGREGATES]
    referred = [parts(document, posixpath.dirname(file)) for file, document in SCHEMAS.items()]

    assert named == set(SCHEMAS) - set[str]().union(*referred)
    assert len({contracts.event_file(kind) for kind in own}) == len(own)


@BY_TYPE
def test_an_event_has_a_title_in_arabic_and_english(event_type: str) -> None:
    title = SCHEMAS[f"{contracts.event_file(event_type)}.schema.json"]["title"]

    assert re.fullmatch("[\u0600-\u06ff ]+ · [A-Z][a-z ]+", title)


@BY_TYPE
@pytest.mark.parametrize("size", ["minimal", "full"])
def test_an_example_is_valid(event_type: str, size: str) -> None:
    validator = contracts.event_validator(event_type)

    assert [str(fault) for fault in validator.iter_errors(example(event_type, size))] == []


def test_every_example_belongs_to_an_event() -> None:
    wanted = {
        f"{contracts.event_file(kind)}.{size}.json"
        for kind in TYPES
        for size in ("minimal", "full")
    }

    assert set(EXAMPLES) == wanted


@BY_TYPE
def test_the_full_example_leaves_nothing_optional_out(event_type: str) -> None:
    file = f"events/{contracts.event_file(event_type)}.schema.json"
    there: dict[str, set[str]] = {}
    for place, names in objects(example(event_type, "full")):
        there.setdefault(place, set()).update(names)

    for place in optional(schema(NOW, file, NOW[file])):
        holder, _, name = place.rpartition("/")
        assert holder not in there or name in there[holder], place


@BY_TYPE
def test_the_two_examples_differ(event_type: str) -> None:
    minimal, full = example(event_type, "minimal"), example(event_type, "full")

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
    data = {**example("sa.gov.qatif.permits.permit.issued.v1", "full"), "issued_on": "2026-02-30"}

    with pytest.raises(contracts.ContractError, match="issued_on"):
        contracts.check_event("sa.gov.qatif.permits.permit.issued.v1", data)
