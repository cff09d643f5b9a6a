"""asyncapi.yaml agrees with topics/ and events/, and is a sound AsyncAPI 3.0.0 document."""

import json
from typing import Any

import jsonschema_rs
import pytest

from chassis import outbox

from .reading import CONTRACTS, follow, open_ref, schema, tree

NOW = tree()
FILE = "asyncapi.yaml"
DOCUMENT = NOW[FILE]
TOPICS = {topic["topic"]: topic for name, topic in NOW.items() if name.startswith("topics/")}
CHANNELS = {channel["address"]: channel for channel in DOCUMENT["channels"].values()}
BY_TOPIC = pytest.mark.parametrize("topic", TOPICS)

REFERENCE = {
    "type": "object",
    "required": ["$ref"],
    "additionalProperties": False,
    "properties": {"$ref": {"type": "string", "pattern": "^#/"}},
}
# The part of the AsyncAPI 3.0.0 meta-schema that we use.
SHAPE: dict[str, Any] = {
    "type": "object",
    "required": ["asyncapi", "info", "channels", "operations", "components"],
    "additionalProperties": False,
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "defaultContentType": {"const": "application/cloudevents+json"},
        "info": {
            "type": "object",
            "required": ["title", "version", "description"],
            "additionalProperties": {"type": "string"},
        },
        "servers": {
            "type": "object",
            "additionalProperties": {"type": "object", "required": ["host", "protocol"]},
        },
        "channels": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["address", "title", "description", "servers", "messages", "bindings"],
                "additionalProperties": False,
                "properties": {
                    "address": {"type": "string"},
                    "title": {"type": "string"},
                    "description": {"type": "string"},
                    "servers": {"type": "array", "items": REFERENCE},
                    "messages": {"type": "object", "additionalProperties": REFERENCE},
                    "bindings": {"type": "object", "required": ["kafka"]},
                },
            },
        },
        "operations": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["action", "channel", "x-service"],
                "additionalProperties": False,
                "properties": {
                    "action": {"enum": ["send", "receive"]},
                    "channel": REFERENCE,
                    "x-service": {"type": "string"},
                    "summary": {"type": "string"},
                    "bindings": REFERENCE,
                },
            },
        },
        "components": {
            "type": "object",
            "required": ["schemas", "messages", "messageTraits", "operationBindings"],
            "properties": {
                "messages": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "required": ["name", "title", "summary", "traits", "payload", "bindings"],
                        "additionalProperties": False,
                        "properties": dict.fromkeys(
                            ("name", "title", "summary", "traits", "payload", "bindings"), True
                        ),
                    },
                }
            },
        },
    },
}


def references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for item in node for found in references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for value in node.values() for found in references(value)]


def messages(topic: str) -> dict[str, Any]:
    """Event type → message, as the topic's channel lists them."""
    listed = [open_ref(NOW, FILE, one)[1] for one in CHANNELS[topic]["messages"].values()]
    return {message["name"]: message for message in listed}


def services(topic: str, action: str) -> list[str]:
    """Who sends to the topic or receives from it, in the document's operations."""
    return [
        operation["x-service"]
        for operation in DOCUMENT["operations"].values()
        if operation["action"] == action
        and follow(NOW, FILE, operation["channel"]["$ref"])[1]["address"] == topic
    ]


def test_it_has_the_shape_of_asyncapi_3() -> None:
    faults = jsonschema_rs.Draft202012Validator(SHAPE).iter_errors(DOCUMENT)

    assert [str(fault) for fault in faults] == []


def test_the_shape_can_refuse() -> None:
    edited = {**DOCUMENT, "operations": {"sends": {"action": "publish"}}}

    assert not jsonschema_rs.Draft202012Validator(SHAPE).is_valid(edited)


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        follow(NOW, FILE, reference)


def test_its_channels_are_the_topics() -> None:
    assert set(CHANNELS) == set(TOPICS)
    assert len(CHANNELS) == len(DOCUMENT["channels"])


@BY_TOPIC
def test_its_messages_are_the_event_types_in_their_order(topic: str) -> None:
    assert list(messages(topic)) == TOPICS[topic]["event_types"]


@BY_TOPIC
def test_a_payload_is_the_envelope_around_the_data_of_the_event(topic: str) -> None:
    for event_type, message in messages(topic).items():
        aggregate, participle, version = event_type.split(".")[-3:]
        envelope, own = message["payload"]["allOf"]

        assert envelope == {"$ref": "#/components/schemas/CloudEvent"}
        assert own["properties"]["type"]["enum"] == [event_type]
        assert own["properties"]["source"]["enum"] == ["/" + TOPICS[topic]["owner"]]
        assert own["properties"]["data"] == {
            "$ref": f"./events/{aggregate}-{participle}.{version}.schema.json"
        }


@BY_TOPIC
def test_its_bindings_are_the_facts_of_the_topic(topic: str) -> None:
    bindings, facts = CHANNELS[topic]["bindings"]["kafka"], TOPICS[topic]
    config = {**facts["config"], "cleanup.policy": [facts["cleanup_policy"]]}

    assert bindings["topic"] == topic
    assert bindings["partitions"] == facts["partitions"]
    assert bindings["topicConfiguration"] == config
    for message in messages(topic).values():
        assert message["bindings"]["kafka"]["key"]["description"] == facts["key"]


@BY_TOPIC
def test_the_owner_sends_and_the_consumers_receive(topic: str) -> None:
    assert services(topic, "send") == [TOPICS[topic]["owner"]]
    assert services(topic, "receive") == TOPICS[topic]["consumers"]


@BY_TOPIC
def test_it_is_described_in_arabic_and_english(topic: str) -> None:
    channel = CHANNELS[topic]
    english = " ".join(TOPICS[topic]["description"].split())

    assert english in " ".join(channel["description"].split())
    for text in (channel["description"], *(one["title"] for one in messages(topic).values())):
        assert any("\u0620" <= letter <= "\u064a" for letter in text)


def test_what_the_chassis_sends_fits_the_envelope() -> None:
    from datetime import UTC, datetime

    for topic in TOPICS:
        for event_type, message in messages(topic).items():
            aggregate, participle, version = event_type.split(".")[-3:]
            data = NOW[f"examples/{aggregate}-{participle}.{version}.full.json"]
            event = outbox.Event(
                type=event_type, topic=topic, aggregate_type=aggregate,
                aggregate_id=data[TOPICS[topic]["key"]], version=3, data=data, time=datetime.now(UTC),
            )  # fmt: skip
            trace = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
            sent = json.loads(outbox.envelope(event, "0193f7a0-0000-7000-8000-000000000001", trace))

            validator = jsonschema_rs.Draft202012Validator(
                schema(NOW, FILE, message["payload"]), validate_formats=True
            )
            assert [str(fault) for fault in validator.iter_errors(sent)] == []
            assert not validator.is_valid({**sent, "sequence": 3})
            assert not validator.is_valid({**sent, "type": "sa.gov.qatif.other.v1"})


def test_it_stands_beside_the_other_contracts() -> None:
    assert (CONTRACTS / FILE).is_file()
