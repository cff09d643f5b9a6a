"""Checks packages by the published schemas of OCDS 1.1.5, and looks for fields that the standard doesn't know."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator, FormatChecker
from ocdsmerge import Merger
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tenders.catalogue import lease_extension

FOLDER = Path(__file__).parent / "ocds_schemas"
ADDRESS = "https://standard.open-contracting.org/schema/1__1__5"
FILES = ("release-schema", "versioned-release-validation-schema")


@cache
def read_schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}-1.1.5.json").read_text("utf-8"))
    return found


@cache
def _registry() -> Any:
    resources = [
        (f"{ADDRESS}/{one}.json", Resource.from_contents(read_schema(one), DRAFT4)) for one in FILES
    ]
    return Registry().with_resources(resources)


def faults_of(package: dict[str, Any]) -> list[str]:
    """Returns what the published schema of the package says against it."""
    name = "release-package-schema" if "releases" in package else "record-package-schema"
    validator = Draft4Validator(
        read_schema(name), registry=_registry(), format_checker=FormatChecker()
    )
    return [f"{list(one.absolute_path)}: {one.message}" for one in validator.iter_errors(package)]


def unknown_fields(release: dict[str, Any], *, lease: bool = False) -> list[str]:
    """Returns the fields of a release that neither the standard nor, for a lease, the extension knows."""
    schema = json.loads(json.dumps(read_schema("release-schema")))
    if lease:
        added = lease_extension()["releaseSchema"]["definitions"]["Tender"]["properties"]
        schema["definitions"]["Tender"]["properties"].update(added)
    return sorted(_unknown(release, schema, schema, ""))


def _unknown(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str) -> set[str]:
    while "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rsplit("/", 1)[-1]]
    if isinstance(value, list):
        found = [_unknown(one, schema.get("items", {}), root, f"{at}[]") for one in value]
        return set().union(*found)
    if not isinstance(value, dict):
        return set()
    known = schema.get("properties", {})
    unknown = set()
    for name, part in value.items():
        if name in known:
            unknown |= _unknown(part, known[name], root, f"{at}/{name}")
        elif name.removesuffix("_en") not in known:  # a translation, by the rule of the standard
            unknown.add(f"{at}/{name}")
    return unknown


def merge(releases: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the compiled release by the library of the standard's makers."""
    merged: dict[str, Any] = _merger().create_compiled_release(releases)
    return merged


@cache
def _merger() -> Merger:
    """Reads the rules of merging out of the schema, which takes a hundred times as long as a merge."""
    return Merger(read_schema("release-schema"))
