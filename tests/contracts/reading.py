"""How the tests of this folder read the contracts: files, operations, and schemas without references."""

import json
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "contracts"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")

# Path within contracts/ → parsed document.
Tree = dict[str, Any]

_ANNOTATIONS = {
    *("title", "description", "example", "examples", "default", "deprecated", "externalDocs"),
    *("$schema", "$id", "$defs", "$comment", "xml", "readOnly", "writeOnly", "nullable"),
}


def parse(name: str, content: str) -> Any:
    """One file by its ending."""
    if name.endswith(".json"):
        return json.loads(content)
    return yaml.load(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def tree(folder: Path = CONTRACTS) -> Tree:
    """The contracts as they stand in the work tree."""
    files = [*folder.rglob("*.yaml"), *folder.rglob("*.json")]
    return {
        file.relative_to(folder).as_posix(): parse(file.name, file.read_text("utf-8"))
        for file in sorted(files)
    }


def services(contracts: Tree) -> list[str]:
    """The services that have an OpenAPI file."""
    return [
        posixpath.basename(name).removesuffix(".yaml")
        for name in contracts
        if name.startswith("openapi/") and name != "openapi/common.yaml"
    ]


def event_place(contracts: Tree, event_type: str) -> tuple[str, Any]:
    """Returns the file and the schema of an event type. Raises KeyError when there is none.

    `chassis.core.contracts.event_schema_place` finds the same place in the folder; a tree may be an older commit's.
    """
    *_, service, aggregate, participle, version = event_type.split(".")
    for folder in (f"{service}/", ""):
        state = f"events/{folder}{aggregate.replace('_', '-')}.{version}.schema.json"
        if participle in contracts.get(state, {}).get("$defs", {}):
            return state, contracts[state]["$defs"][participle]
        own = f"events/{folder}{aggregate}-{participle}.{version}.schema.json".replace("_", "-")
        if own in contracts:
            return own, contracts[own]
    raise KeyError(event_type)


def event_types(contracts: Tree) -> list[str]:
    """Returns the event types of all topics."""
    topics = (topic for name, topic in contracts.items() if name.startswith("topics/"))
    return sorted(kind for topic in topics for kind in topic["event_types"])


def follow(contracts: Tree, file: str, reference: str) -> tuple[str, Any]:
    """(file, node) that a $ref within `file` points to. Raises KeyError when there's no such thing."""
    name, _, pointer = reference.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(file), name)) if name else file
    node = contracts[target]
    for step in filter(None, pointer.split("/")):
        key = step.replace("~1", "/").replace("~0", "~")
        node = node[int(key)] if isinstance(node, list) else node[key]
    return target, node


def open_ref(contracts: Tree, file: str, node: Any) -> tuple[str, Any]:
    """The node itself, or the target of its $ref."""
    while isinstance(node, dict) and "$ref" in node:
        file, node = follow(contracts, file, node["$ref"])
    return file, node


@dataclass(frozen=True)
class Operation:
    """One method of one path, with its file for following references."""

    file: str
    path: str
    method: str
    declared: dict[str, Any]
    shared_parameters: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        return str(self.declared.get("operationId"))

    @property
    def place(self) -> str:
        return f"{self.file}: {self.method.upper()} {self.path}"

    @property
    def scopes(self) -> set[str]:
        return {scope for needed in self.alternatives for scope in needed}

    @property
    def alternatives(self) -> list[set[str]]:
        """Any of these sets of scopes opens the operation."""
        needs = self.declared.get("security", [])
        return [{scope for scopes in need.values() for scope in scopes} for need in needs]


def operations(contracts: Tree) -> Iterator[Operation]:
    """Every operation of every OpenAPI file."""
    for service in services(contracts):
        file = f"openapi/{service}.yaml"
        for path, item in contracts[file]["paths"].items():
            for method in METHODS:
                if method in item:
                    shared = tuple(item.get("parameters", ()))
                    yield Operation(file, path, method, item[method], shared)


def schema(contracts: Tree, file: str, node: Any) -> Any:
    """The schema in one piece: references inlined, what stands beside one merged in, annotations left out.

    OpenAPI's `nullable` becomes a type, so that both kinds of schema read the same.
    """
    if isinstance(node, list):
        return [schema(contracts, file, item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        beside = {key: value for key, value in node.items() if key != "$ref"}
        base = schema(contracts, *follow(contracts, file, node["$ref"]))
        return _refined(base, schema(contracts, file, beside))
    if node.get("nullable") is True and len(node.get("allOf", ())) == 1:
        return _nullable(schema(contracts, file, node["allOf"][0]))
    plain: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            plain[key] = {name: schema(contracts, file, part) for name, part in value.items()}
        elif key in {"enum", "const", "required"}:
            plain[key] = value
        elif key not in _ANNOTATIONS:
            plain[key] = schema(contracts, file, value)
    return _nullable(plain) if node.get("nullable") is True else plain


def _nullable(plain: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(plain.get("type"), str):
        return plain
    words = {"enum": [*plain["enum"], None]} if "enum" in plain else {}
    return {**plain, "type": [plain["type"], "null"], **words}


def _refined(base: Any, more: dict[str, Any]) -> Any:
    """`base` with the narrower words of `more`: properties one by one, `required` added up, the rest replaced."""
    result = {**base, **more}
    if "const" in more:
        result.pop("enum", None)
    if "required" in base and "required" in more:
        result["required"] = sorted({*base["required"], *more["required"]})
    if "properties" in base and "properties" in more:
        both = {**base["properties"]}
        for name, part in more["properties"].items():
            both[name] = _refined(both[name], part) if name in both else part
        result["properties"] = both
    return result
