"""Builds the AsyncAPI document from the contracts' topics, event schemas and `asyncapi-base.yaml`."""

import copy
import re
from collections.abc import Iterator
from typing import Any

import yaml

from chassis.core import contracts

KAFKA = "0.5.0"  # the version of AsyncAPI's bindings for Kafka
Facts = dict[str, Any]


def document() -> Facts:
    """Builds the document. Its references to schemas are relative to the folder `contracts`."""
    base = copy.deepcopy(contracts.read("asyncapi-base.yaml"))
    topics = list(contracts.topics().values())
    components = base.pop("components")
    services, shared = _services(), _shared_aggregates(topics)
    return {
        **base,
        "channels": {_camel(topic["topic"]): _channel(topic, shared) for topic in topics},
        "operations": dict(part for topic in topics for part in _operations(topic, services)),
        "components": {
            "operationBindings": {
                _camel(name): _kafka(groupId={"type": "string", "enum": [name]})
                for name in sorted({name for one in topics for name in _readers(one, services)})
            },
            **components,
            "messages": dict(part for topic in topics for part in _messages(topic, shared)),
        },
    }


def text() -> str:
    """Returns the document as YAML."""
    return yaml.dump(document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def _channel(topic: Facts, shared: set[str]) -> Facts:
    texts = topic["description"]
    return {
        "address": topic["topic"],
        "title": topic["topic"],
        "description": f"{texts['ar'].strip()}\n\n{texts['en'].strip()}\n",
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {
            _message(kind, shared): {"$ref": f"#/components/messages/{_message(kind, shared)}"}
            for kind in topic["event_types"]
        },
        "bindings": _kafka(
            topic=topic["topic"],
            partitions=topic["partitions"],
            topicConfiguration={**topic["config"], "cleanup.policy": [topic["cleanup_policy"]]},
        ),
    }


def _operations(topic: Facts, services: list[str]) -> Iterator[tuple[str, Facts]]:
    owner, channel = topic["owner"], _camel(topic["topic"])
    reference = {"$ref": f"#/channels/{channel}"}
    yield (
        f"{_camel(owner)}Sends{channel[0].upper()}{channel[1:]}",
        {
            "action": "send",
            "channel": reference,
            "x-service": owner,
            "summary": f"تنشرها الخدمة {owner}. · Published by {owner}, nobody else.",
        },
    )
    for reader in _readers(topic, services):
        yield (
            f"{_camel(reader)}Receives{channel[0].upper()}{channel[1:]}",
            {
                "action": "receive",
                "channel": reference,
                "x-service": reader,
                "bindings": {"$ref": f"#/components/operationBindings/{_camel(reader)}"},
            },
        )


def _messages(topic: Facts, shared: set[str]) -> Iterator[tuple[str, Facts]]:
    for kind in topic["event_types"]:
        schema = contracts.event_schema(kind)
        own = {
            "type": {"type": "string", "enum": [kind]},
            "source": {"type": "string", "enum": ["/" + topic["owner"]]},
            "data": {"$ref": f"./events/{contracts.event_schema_place(kind)}"},
        }
        envelope = {"$ref": "#/components/schemas/CloudEvent"}
        yield (
            _message(kind, shared),
            {
                "name": kind,
                "title": schema["title"],
                "summary": schema["description"],
                "traits": [{"$ref": "#/components/messageTraits/Envelope"}],
                "payload": {"allOf": [envelope, {"type": "object", "properties": own}]},
                "bindings": _kafka(key={"type": "string", "description": topic["key"]}),
            },
        )


def _readers(topic: Facts, services: list[str]) -> list[str]:
    """The services that consume a topic; `all` means each that has an API."""
    consumers: list[str] = services if topic["consumers"] == "all" else topic["consumers"]
    return consumers


def _services() -> list[str]:
    names = sorted(file.stem for file in (contracts.directory() / "openapi").glob("*.yaml"))
    return [name for name in names if name != "common"]


def _shared_aggregates(topics: list[Facts]) -> set[str]:
    """The aggregates that several services publish under one name: each has its invoices."""
    names = [topic["topic"].split(".")[-1] for topic in topics]
    return {name for name in names if names.count(name) > 1}


def _message(kind: str, shared: set[str]) -> str:
    """`permitIssued` for `sa.gov.qatif.permits.permit.issued.v1`, `permitsInvoiceRequested` where others have invoices
    too; later versions keep their number."""
    owner, aggregate, participle, version = kind.split(".")[-4:]
    begin = f"{owner}-" if aggregate in shared else ""
    return _camel(f"{begin}{aggregate}-{participle}") + ("" if version == "v1" else version.upper())


def _camel(name: str) -> str:
    first, *others = re.split(r"[.-]", name)
    return first + "".join(part.capitalize() for part in others)


def _kafka(**binding: Any) -> Facts:
    return {"kafka": {"bindingVersion": KAFKA, **binding}}


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True
