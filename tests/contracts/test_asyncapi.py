"""`make asyncapi` writes a sound AsyncAPI 3.0.0 document, whose messages are what the chassis sends."""

import json
from typing import Any

import jsonschema_rs
import yaml

from chassis.core import contracts
from chassis.events import outbox
from devstack import asyncapi

from .reading import follow, open_ref, schema, services, tree

FILE = "asyncapi.yaml"
DOCUMENT = yaml.safe_load(asyncapi.text())
NOW = {**tree(), FILE: DOCUMENT}
TOPICS = {topic["topic"]: topic for name, topic in NOW.items() if name.startswith("topics/")}
CHANNELS = {channel["address"]: channel for channel in DOCUMENT["channels"].values()}

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


def test_it_has_the_shape_of_asyncapi_3() -> None:
    faults = jsonschema_rs.Draft202012Validator(SHAPE).iter_errors(DOCUMENT)

    assert [str(fault) for fault in faults] == []


def test_the_shape_can_refuse() -> None:
    edited = {**DOCUMENT, "operations": {"sends": {"action": "publish"}}}

    assert not jsonschema_rs.Draft202012Validator(SHAPE).is_valid(edited)


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        follow(NOW, FILE, reference)


def test_each_consumer_of_a_topic_receives_it() -> None:
    receivers = {
        (one["x-service"], open_ref(NOW, FILE, one["channel"])[1]["address"])
        for one in DOCUMENT["operations"].values()
        if one["action"] == "receive"
    }

    named = {name: topic["consumers"] for name, topic in TOPICS.items()}
    assert receivers == {
        (service, name)
        for name, consumers in named.items()
        for service in (services(NOW) if consumers == "all" else consumers)
    }


def test_what_the_chassis_sends_fits_the_envelope() -> None:
    from datetime import UTC, datetime

    for topic in TOPICS:
        for event_type, message in messages(topic).items():
            data = contracts.event_example(event_type)
            event = outbox.Event(
                type=event_type, topic=topic, aggregate_type=event_type.split(".")[-3],
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
