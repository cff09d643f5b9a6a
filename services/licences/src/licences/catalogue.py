"""Reads the data that the rules take: the first version of the rules, places, the table of violations."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from chassis.core import contracts
from licences.domain.fines import Table
from licences.domain.places import Towns
from saudi.bilingual import Bilingual
from saudi.working_time import WorkingTime

FIRST_RULES = "2026.1.yaml"


@cache
def first_rules() -> Mapping[str, Any]:
    """The version of the rules that the service brings along."""
    text = (files("licences") / "rules" / FIRST_RULES).read_text("utf-8")
    return read_rules(text)


def read_rules(text: str) -> Mapping[str, Any]:
    """A version of the rules, as its file says it; plain JSON values. Raises yaml.YAMLError."""
    document: Mapping[str, Any] = yaml.safe_load(text)
    return document


@cache
def municipalities() -> Mapping[str, Bilingual]:
    """The names of the municipality and its branches, by code, in the order of `contracts/reference/places.yaml`."""
    document = contracts.read("reference/places.yaml")
    return {one["code"]: Bilingual.read(one) for one in document["municipalities"]}


@cache
def office() -> WorkingTime:
    """The municipality's working days of `contracts/reference/working-time.yaml`."""
    return WorkingTime.read(contracts.read("reference/working-time.yaml"))


@cache
def towns() -> Towns:
    """The towns of the governorate, found however their names are spelled."""
    return Towns.read(contracts.read("reference/places.yaml")["towns"])


@cache
def violation_table() -> Table:
    """The table of violations and fines of `contracts/reference/violations.yaml`."""
    return Table.read(contracts.read("reference/violations.yaml"))
