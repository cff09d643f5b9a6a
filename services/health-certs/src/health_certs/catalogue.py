"""Reads the reference data of contracts: professions, centres, rules, and the names of the municipalities."""

from collections.abc import Mapping
from functools import cache

from chassis.core import contracts
from health_certs.domain.reference import (
    Centres,
    Nationalities,
    Professions,
    RetentionDays,
    Rulebook,
    read_centres,
    read_nationalities,
)
from saudi.bilingual import Bilingual
from saudi.branches import names_by_code


@cache
def professions() -> Professions:
    """The list of `contracts/reference/health-professions.yaml`."""
    return Professions.read(contracts.read("reference/health-professions.yaml"))


@cache
def centres() -> Centres:
    """The medical centres of `contracts/reference/medical-centres.yaml`, by organisation."""
    return read_centres(contracts.read("reference/medical-centres.yaml"))


@cache
def nationalities() -> Nationalities:
    """The names of countries and their people, by code, of `contracts/reference/nationalities.yaml`."""
    return read_nationalities(contracts.read("reference/nationalities.yaml"))


@cache
def rulebook() -> Rulebook:
    """The rules of `contracts/reference/health-rules.yaml`."""
    return Rulebook.read(contracts.read("reference/health-rules.yaml"))


@cache
def retention() -> RetentionDays:
    """How long personal data stay, by `contracts/reference/health-rules.yaml`."""
    return RetentionDays.read(contracts.read("reference/health-rules.yaml"))


@cache
def municipalities() -> Mapping[str, Bilingual]:
    """The municipality and its branches, by code, in the order of `contracts/reference/places.yaml`."""
    return names_by_code(contracts.read("reference/places.yaml"))
