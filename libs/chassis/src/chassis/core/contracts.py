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
    """Returns CONTRACTS_DIR, else the nearest folder `contracts` above the working folder or this file."""
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
    """Returns one YAML or JSON file of the contracts folder. Callers share the result and must not change it."""
    path = directory() / relative
    try:
        document: dict[str, Any] = yaml.load(path.read_text("utf-8"), _LOADER)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        raise ContractError(f"{path} does not exist.") from None
    return document


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def openapi(service: str) -> dict[str, Any]:
    """Returns the OpenAPI document of a service with `common.yaml` merged in, so that every $ref is local."""
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
    """Returns the ids of a service's operations, in the contract's order."""
    paths = openapi(service)["paths"].values()
    return [path[method]["operationId"] for path in paths for method in METHODS if method in path]


def has_secured_operations(service: str) -> bool:
    """Says whether some operation of a service needs a token."""
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
    """Returns every declared topic by name."""
    files = sorted((directory() / "topics").glob("*.yaml"))
    return {(topic := read(f"topics/{file.name}"))["topic"]: topic for file in files}


# Aggregates that have one shape in every service. Their files stand above the services' folders.
SHARED_AGGREGATES = frozenset({"invoice", "code"})


def event_schema_place(event_type: str) -> str:
    """Returns the file below `events/`, and the place in it, of the schema for an event type's `data`.

    `sa.gov.qatif.permits.permit.issued.v1` → `permits/permit.v1.schema.json#/$defs/issued`. An event type that doesn't
    carry its aggregate's state has a file of its own: `identity/revocation-recorded.v1.schema.json`. Raises
    ContractError for an undeclared event type.
    """
    aggregate, participle, version = _parts(event_type)
    state = f"{aggregate}.{version}.schema.json"
    if _is_schema(state) and participle in read(f"events/{state}").get("$defs", {}):
        return f"{state}#/$defs/{participle}"
    own = f"{aggregate}-{participle}.{version}.schema.json".replace("_", "-")
    if _is_schema(own):
        return own
    raise ContractError(f"No schema for the event {event_type}: neither in {state} nor as {own}")


def event_schema(event_type: str) -> dict[str, Any]:
    """Returns the schema of an event type, whose references are relative to its file."""
    file, _, pointer = event_schema_place(event_type).partition("#/$defs/")
    schema: dict[str, Any] = read(f"events/{file}")
    return schema["$defs"][pointer] if pointer else schema


def _is_schema(file: str) -> bool:
    return (directory() / "events" / file).is_file()


def event_example(event_type: str, size: Literal["full", "minimal"] = "full") -> dict[str, Any]:
    """Returns the example `data` of an event type: with all optional fields, or with none.

    The file of the aggregate's examples has a `full` example, and the changes that make it `minimal`. `events` has the
    further changes of each event type: those of both sizes, and `only_full` and `only_minimal`.
    """
    aggregate, participle, version = _parts(event_type)
    file = read(f"examples/{aggregate}.{version}.yaml")
    changes = file["events"][participle]
    example: dict[str, Any] = copy.deepcopy(file["full"])
    if size == "minimal":
        _change(example, file["minimal"])
    sizes = {"only_full", "only_minimal"}
    _change(example, {place: value for place, value in changes.items() if place not in sizes})
    _change(example, changes.get(f"only_{size}", {}))
    return example


def _parts(event_type: str) -> tuple[str, str, str]:
    """Returns the aggregate's file without its version, the participle and the version of an event type."""
    *_, service, aggregate, participle, version = event_type.split(".")
    folder = "" if aggregate in SHARED_AGGREGATES else f"{service}/"
    return folder + aggregate.replace("_", "-"), participle, version


def _change(example: dict[str, Any], changes: dict[str, Any]) -> None:
    """Puts each value at its place, `inquiry/status` or `stages/0/result`, and removes the places `without`."""
    for place in changes.get("without", ()):
        holder, name = _holder(example, place)
        del holder[name]
    for place, value in changes.items():
        if place != "without":
            holder, name = _holder(example, place)
            holder[name] = copy.deepcopy(value)


def _holder(example: Any, place: str) -> tuple[Any, Any]:
    *steps, name = (int(step) if step.isdigit() else step for step in place.split("/"))
    for step in steps:
        example = example[step]
    return example, name


@cache
def event_validator(event_type: str) -> Any:
    """Returns a compiled validator for the `data` of an event type. Raises ContractError for an undeclared one."""
    file, _, pointer = event_schema_place(event_type).partition("#")
    schema = {"$ref": f"{read(f'events/{file}')['$id']}#{pointer}"}
    return jsonschema_rs.validator_for(schema, retriever=_retrieve, validate_formats=True)


def _retrieve(uri: str) -> Any:
    """Reads the schema that a `$id` names: the path below `/events/` is that of the file."""
    return read("events/" + urlsplit(uri).path.rpartition("/events/")[2])


def check_event(event_type: str, data: dict[str, Any]) -> None:
    """Raises ContractError when `data` breaks its schema. The error names the place, never the value."""
    for error in event_validator(event_type).iter_errors(data):
        place = "/".join(str(step) for step in error.instance_path)
        rule = "/".join(str(step) for step in error.schema_path)
        raise ContractError(f"{event_type} breaks its schema at {place or '/'} (rule {rule})")


@cache
def problem_types() -> dict[str, Any]:
    """Returns all problem files as one document: {"base": uri, "types": {slug: …}, "fields": {code: …}}.

    `codes` of a service's file are added to a type that several services have.
    """
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
    """Returns a scope's title in Arabic and English with its name; only the name for an undeclared scope."""
    try:
        declared = read("scopes.yaml")["scopes"].get(scope, {})
    except ContractError:
        declared = {}
    titles = {language: declared.get(language, {}).get("title") for language in ("ar", "en")}
    return {
        language: f"{title} ({scope})" if title else scope for language, title in titles.items()
    }
