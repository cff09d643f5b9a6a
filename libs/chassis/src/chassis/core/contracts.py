"""Reads `contracts/`: OpenAPI files, event schemas, topics and problem types. Data only; no Python in it."""

import copy
import os
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import jsonschema_rs
import yaml


class ContractError(Exception):
    """A contract is missing, or an event to publish breaks its schema."""


def directory() -> Path:
    """The contracts folder: CONTRACTS_DIR, else the nearest `contracts` above this file or the working folder."""
    if named := os.environ.get("CONTRACTS_DIR"):
        return Path(named).resolve()
    for start in (Path.cwd(), Path(__file__).resolve()):
        for folder in (start, *start.parents):
            if (folder / "contracts" / "openapi").is_dir():
                return folder / "contracts"
    raise ContractError(
        "No contracts folder: set CONTRACTS_DIR to the folder `contracts` of the repository."
    )


@cache
def read(relative: str) -> dict[str, Any]:
    """One YAML or JSON file of the contracts folder."""
    path = directory() / relative
    try:
        document: dict[str, Any] = yaml.load(path.read_text("utf-8"), _LOADER)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        raise ContractError(f"{path} does not exist.") from None
    return document


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def openapi(service: str) -> dict[str, Any]:
    """The OpenAPI document of a service with `common.yaml` merged in, so that every $ref is local."""
    document = dict(read(f"openapi/{service}.yaml"))
    common = read("openapi/common.yaml")["components"]
    components = {kind: dict(parts) for kind, parts in document.get("components", {}).items()}
    for kind, parts in common.items():
        for name, part in parts.items():
            components.setdefault(kind, {}).setdefault(name, part)
    merged: dict[str, Any] = _local_refs({**document, "components": components})
    for item in merged["paths"].values():
        for method in METHODS:
            # Connexion takes the first that fits, and an empty requirement fits always.
            if method in item and "security" in item[method]:
                item[method]["security"].sort(key=lambda need: not need)
    return merged


METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def operation_ids(service: str) -> list[str]:
    """The ids of a service's operations, in the contract's order."""
    paths = openapi(service)["paths"].values()
    return [path[method]["operationId"] for path in paths for method in METHODS if method in path]


def has_secured_operations(service: str) -> bool:
    """Whether some operation of a service asks for a token."""
    document = openapi(service)
    operations = (
        path[method] for path in document["paths"].values() for method in METHODS if method in path
    )
    return any(operation.get("security", document.get("security")) for operation in operations)


def _local_refs(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: value.removeprefix("common.yaml") if key == "$ref" else _local_refs(value)
            for key, value in node.items()
        }
    return [_local_refs(item) for item in node] if isinstance(node, list) else node


@cache
def topics() -> dict[str, dict[str, Any]]:
    """Every declared topic by name."""
    files = sorted((directory() / "topics").glob("*.yaml"))
    return {(topic := read(f"topics/{file.name}"))["topic"]: topic for file in files}


SHARED_AGGREGATES = frozenset(
    {"invoice"}
)  # of one shape in every service: events/invoice.v1.schema.json


def event_file(event_type: str) -> str:
    """`sa.gov.qatif.permits.permit.issued.v1` → `permits/permit-issued.v1`, in the folder of the service that publishes
    it; what several publish in one shape stands above the folders: `invoice-requested.v1`. Dashes for `_`."""
    *_, service, aggregate, participle, version = event_type.split(".")
    folder = "" if aggregate in SHARED_AGGREGATES else f"{service}/"
    return f"{folder}{aggregate}-{participle}.{version}".replace("_", "-")


def event_example(event_type: str, size: Literal["full", "minimal"] = "full") -> dict[str, Any]:
    """Returns a fresh copy of an event type's example `data`: with all optional fields, or with none."""
    return copy.deepcopy(read(f"examples/{event_file(event_type)}.{size}.json"))


@cache
def event_validator(event_type: str) -> Any:
    """A compiled validator for the `data` of an event type. Raises ContractError for an undeclared one."""
    name = f"events/{event_file(event_type)}.schema.json"
    path = directory() / name
    if not path.is_file():
        raise ContractError(f"No schema for the event {event_type}: {name}")
    schema = read(name)
    return jsonschema_rs.validator_for(
        schema, base_uri=path.as_uri(), retriever=_retrieve, validate_formats=True
    )


def _retrieve(uri: str) -> Any:
    """A schema's own address is its `$id`, the same path beneath another host."""
    return read("events/" + urlsplit(uri).path.rpartition("/events/")[2])


def check_event(event_type: str, data: dict[str, Any]) -> None:
    """Raises ContractError, naming the place but not the value, when `data` breaks its schema."""
    for error in event_validator(event_type).iter_errors(data):
        place = "/".join(str(step) for step in error.instance_path)
        rule = "/".join(str(step) for step in error.schema_path)
        raise ContractError(f"{event_type} breaks its schema at {place or '/'} (rule {rule})")


@cache
def problem_types() -> dict[str, Any]:
    """All problem files as one: {"base": uri, "types": {slug: …}, "fields": {code: …}}. `codes` of a file are its
    service's reasons beneath a type that several services have."""
    merged: dict[str, Any] = {
        "base": read("problems/common.yaml")["base"],
        "types": {},
        "fields": {},
    }
    more: list[tuple[str, dict[str, Any]]] = []
    for file in sorted((directory() / "problems").glob("*.yaml")):
        part = read(f"problems/{file.name}")
        for slug, kind in part.get("types", {}).items():
            merged["types"][slug] = {**kind, "codes": dict(kind.get("codes", {}))}
        merged["fields"].update(part.get("fields", {}))
        more += part.get("codes", {}).items()
    for slug, codes in more:
        merged["types"][slug]["codes"].update(codes)
    return merged


@cache
def scope_title(scope: str) -> dict[str, str]:
    """What a person calls a scope, in Arabic and English, with its name; the name alone for an undeclared scope."""
    try:
        declared = read("scopes.yaml")["scopes"].get(scope, {})
    except ContractError:
        declared = {}
    titles = {language: declared.get(language, {}).get("title") for language in ("ar", "en")}
    return {
        language: f"{title} ({scope})" if title else scope for language, title in titles.items()
    }
