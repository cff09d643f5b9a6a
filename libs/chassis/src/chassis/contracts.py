"""Reads `contracts/`: OpenAPI files, event schemas, topics and problem types. Data only; no Python in it."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml


class ContractError(Exception):
    """A contract is missing, or what was to be published breaks it."""


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
    return merged


METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def operation_ids(service: str) -> list[str]:
    """The ids of a service's operations, in the contract's order."""
    paths = openapi(service)["paths"].values()
    return [path[method]["operationId"] for path in paths for method in METHODS if method in path]


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


def event_file(event_type: str) -> str:
    """`sa.gov.qatif.permits.permit.issued.v1` → `permit-issued.v1`."""
    *_, aggregate, participle, version = event_type.split(".")
    return f"{aggregate}-{participle}.{version}"


@cache
def event_validator(event_type: str) -> Any:
    """A compiled validator for the `data` of an event type. Raises ContractError for an undeclared one."""
    folder = directory() / "events"
    path = folder / f"{event_file(event_type)}.schema.json"
    if not path.is_file():
        raise ContractError(f"No schema for the event {event_type}: {path.name}")
    schema = read(f"events/{path.name}")
    return jsonschema_rs.validator_for(
        schema, base_uri=path.as_uri(), retriever=_retrieve, validate_formats=True
    )


def _retrieve(uri: str) -> Any:
    name = uri.rsplit("/", 1)[-1].partition("#")[0]
    return read(f"events/{name}")


def check_event(event_type: str, data: dict[str, Any]) -> None:
    """Raises ContractError, naming the place but not the value, when `data` breaks its schema."""
    for error in event_validator(event_type).iter_errors(data):
        place = "/".join(str(step) for step in error.instance_path)
        rule = "/".join(str(step) for step in error.schema_path)
        raise ContractError(f"{event_type} breaks its schema at {place or '/'} (rule {rule})")


@cache
def problem_types() -> dict[str, Any]:
    """All problem files as one: {"base": uri, "types": {slug: …}, "fields": {code: …}}."""
    merged: dict[str, Any] = {
        "base": read("problems/common.yaml")["base"],
        "types": {},
        "fields": {},
    }
    for file in sorted((directory() / "problems").glob("*.yaml")):
        part = read(f"problems/{file.name}")
        merged["types"].update(part.get("types", {}))
        merged["fields"].update(part.get("fields", {}))
    return merged
