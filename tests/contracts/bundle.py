"""Writes the contracts in full: `python -m tests.contracts.bundle OUT [--contracts FOLDER] [--without-english]`.

The files in OUT have no references, no deltas, no sealed values and one spelling. `diff -r` shows what a
rearrangement of `contracts/` changed for a reader. `--without-english` leaves out descriptions, titles and texts in
English.
"""

import argparse
import json
import os
import re
from pathlib import Path
from typing import Any

import yaml

from chassis.core import contracts
from chassis.data.sealing import Keyring, Sealer
from devstack import asyncapi

from .reading import CONTRACTS, Tree, event_place, event_types, follow, services, tree

_DESCRIBING = {"description", "summary", "title", "purpose"}
_ARABIC = re.compile("[\u0600-\u06ff]+")


def bundle(folder: Path) -> dict[str, Any]:
    """Returns the documents of a contracts folder by their file's name."""
    os.environ["CONTRACTS_DIR"] = str(folder)
    found = tree(folder)
    documents = {f"openapi/{name}": _openapi(name) for name in services(found)}
    for name, document in found.items():
        if name.startswith(("topics/", "problems/", "reference/", "scopes")):
            documents[name.removesuffix(".yaml")] = document
    for event_type in event_types(found):
        documents[f"events/{event_type}"] = _event(found, event_type)
        for size in ("minimal", "full"):
            documents[f"examples/{event_type}.{size}"] = _example(found, event_type, size)
    own = {event_place(found, event_type)[0] for event_type in event_types(found)}
    for name, document in found.items():
        if name.startswith("events/") and (name not in own or "$defs" in document):
            documents[f"states/{name}"] = _state(found, name)
    documents["asyncapi"] = _asyncapi(found)
    return documents


def write(documents: dict[str, Any], out: Path) -> None:
    """Writes each document as JSON with sorted keys."""
    for name, document in documents.items():
        file = out / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1)
        file.write_text(text + "\n", "utf-8")


def without_english(node: Any) -> Any:
    """Leaves out the English texts. Keeps the Arabic words of a describing text."""
    if isinstance(node, list):
        return [without_english(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {}
    for key, value in node.items():
        if key == "en" and "ar" in node:
            continue
        if key in _DESCRIBING and isinstance(value, str):
            value = " ".join(_ARABIC.findall(value))
        if value != "":
            kept[key] = without_english(value)
    return kept


def _openapi(service: str) -> Any:
    document = contracts.openapi(service)
    components = document["components"]
    whole = {**document, "paths": _inlined({"": document}, "", document["paths"])}
    whole["components"] = {
        kind: _inlined({"": document}, "", components.get(kind, {}))
        for kind in ("schemas", "securitySchemes")
    }
    return whole


def _inlined(documents: Tree, file: str, node: Any, within: tuple[Any, ...] = ()) -> Any:
    """Puts what a $ref points to in its place. Keeps a $ref that leads back to where it stands."""
    if isinstance(node, list):
        return [_inlined(documents, file, item, within) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    beside = {
        key: _inlined(documents, file, value, within)
        for key, value in node.items()
        if key != "$ref" or not isinstance(reference, str)
    }
    if not isinstance(reference, str):
        return beside
    place, target = follow(documents, file, reference)
    if id(target) in within:
        return {**beside, "$ref": reference}
    base = _inlined(documents, place, target, (*within, id(target)))
    for word in ("$schema", "$id", "$defs"):
        beside.pop(word, None)
        base.pop(word, None)
    return _merged(base, beside)


def _merged(base: dict[str, Any], beside: dict[str, Any]) -> dict[str, Any]:
    result = {**base, **beside}
    if "properties" in base and "properties" in beside:
        both = dict(base["properties"])
        for name, part in beside["properties"].items():
            both[name] = _merged(both.get(name, {}), part)
        result["properties"] = both
    return result


def _event(found: Tree, event_type: str) -> Any:
    file, schema = event_place(found, event_type)
    whole = _inlined(found, file, schema)
    return {key: value for key, value in whole.items() if key not in {"$schema", "$id", "$defs"}}


def _example(found: Tree, event_type: str, size: Any) -> Any:
    """Returns the example with its sealed values opened, since sealing a text twice gives two values."""
    former = f"examples/{_former_file(event_type)}.{size}.json"
    example = found[former] if former in found else contracts.event_example(event_type, size)
    (key,) = (one["key"] for one in contracts.topics().values() if event_type in one["event_types"])
    named = {**example, "aggregate_id": example[key]}
    return _unseal_parts(_event(found, event_type), example, named)


def _unseal_parts(schema: Any, value: Any, named: dict[str, Any]) -> Any:
    sealed = schema.get("x-sealed")
    if sealed and isinstance(value, str):
        sealer = Sealer(Keyring.parse(sealed["key_of_the_examples"]))
        return sealer.unseal_text(value, sealed["context"].format(**named))
    if isinstance(value, dict):
        parts = schema.get("properties", {})
        return {
            name: _unseal_parts(parts.get(name, {}), part, named) for name, part in value.items()
        }
    if isinstance(value, list):
        return [_unseal_parts(schema.get("items", {}), part, named) for part in value]
    return value


def _former_file(event_type: str) -> str:
    *_, service, aggregate, participle, version = event_type.split(".")
    folder = "" if aggregate in contracts.SHARED_AGGREGATES else f"{service}/"
    return f"{folder}{aggregate}-{participle}.{version}".replace("_", "-")


def _state(found: Tree, file: str) -> Any:
    """Returns the aggregate's state with its parts, but without the event types among the parts."""
    document = dict(found[file])
    parts = {
        name: part
        for name, part in document.pop("$defs", {}).items()
        if " · " not in part.get("title", "")
    }
    return {**_inlined(found, file, document), "$defs": _inlined(found, file, parts)}


def _asyncapi(found: Tree) -> Any:
    file = "asyncapi.yaml"
    document = found[file] if file in found else yaml.safe_load(asyncapi.text())
    return _inlined({**found, file: document}, file, document)


def main() -> None:
    """Reads the arguments and writes the bundle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--contracts", type=Path, default=CONTRACTS)
    parser.add_argument("--without-english", action="store_true")
    given = parser.parse_args()
    documents = bundle(given.contracts.resolve())
    write(without_english(documents) if given.without_english else documents, given.out)


if __name__ == "__main__":
    main()
