"""A topic says who writes it, who reads it, and how long it keeps what."""

import importlib
import re
from typing import Any

import pytest

from chassis.core import contracts

from .reading import ROOT, tree

NOW = tree()
TOPICS = {topic["topic"]: topic for name, topic in NOW.items() if name.startswith("topics/")}
SERVICES = {path.name for path in (ROOT / "services").iterdir() if (path / "src").is_dir()}
CHASSIS_TOPIC = "identity.revocation"  # the chassis consumes it for every service

# Consumers that a topic names ahead of their time: (topic, consumer) → why.
NOT_YET = {
    ("licences.activity", "portal"): "the portal has no page of activities yet",
}


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_tells_all_that_is_to_be_known(name: str) -> None:
    topic = TOPICS[name]

    assert f"topics/{name}.yaml" in NOW
    assert topic["owner"] == name.partition(".")[0]
    assert topic["owner"] in SERVICES
    assert topic["consumers"] == "all" or len(topic["consumers"]) == len(set(topic["consumers"]))
    assert isinstance(topic["key"], str)
    assert topic["partitions"] >= 1
    assert topic["retention"]
    assert topic["cleanup_policy"] in {"compact", "delete"}
    assert topic["config"]["cleanup.policy"] == topic["cleanup_policy"]
    assert topic["event_types"]


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_is_described_in_arabic_and_english(name: str) -> None:
    texts = TOPICS[name]["description"]

    assert re.search("[\u0620-\u064a]", texts["ar"])
    assert not re.search("[\u0600-\u06ff]", texts["en"])
    assert texts["en"].strip()


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_is_compacted_or_its_records_have_an_end(name: str) -> None:
    topic = TOPICS[name]

    if topic["cleanup_policy"] == "compact":
        assert topic["retention"] == "forever"
    else:
        assert topic["config"]["retention.ms"] > 0


@pytest.mark.parametrize("name", TOPICS)
def test_personal_data_have_a_purpose(name: str) -> None:
    for datum in TOPICS[name]["personal_data"]:
        assert set(datum) == {"field", "purpose"}
        assert len(datum["purpose"].split()) >= 4


@pytest.mark.parametrize("name", TOPICS)
def test_the_key_is_a_field_of_every_event(name: str) -> None:
    for event_type in TOPICS[name]["event_types"]:
        example = contracts.event_example(event_type, "minimal")
        assert isinstance(example[TOPICS[name]["key"]], str)


def handlers(service: str) -> dict[str, Any]:
    package = service.replace("-", "_")
    return dict(importlib.import_module(f"{package}.app").SERVICE.handlers)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_service_reads_the_topics_that_name_it_and_all_their_events(service: str) -> None:
    read = {topic: set(types) for topic, types in handlers(service).items()}
    named = {
        name
        for name, topic in TOPICS.items()
        if topic["consumers"] == "all" or service in topic["consumers"]
    }
    ahead = {topic for topic, consumer in NOT_YET if consumer == service}

    assert CHASSIS_TOPIC in named
    assert set(read) == named - ahead - {CHASSIS_TOPIC}
    for topic, types in read.items():
        assert types == set(TOPICS[topic]["event_types"])


def test_a_consumer_that_is_planned_is_named_by_a_topic() -> None:
    assert all(consumer in TOPICS[topic]["consumers"] for topic, consumer in NOT_YET)
