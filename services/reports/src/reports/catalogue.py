"""Reads the reference data that the rules take: categories, places, working time."""

from collections.abc import Mapping
from functools import cache

from chassis.core import contracts
from reports.domain.categories import Catalogue
from reports.domain.places import Governorate
from saudi.bilingual import Bilingual
from saudi.branches import names_by_code
from saudi.working_time import WorkingTime


@cache
def catalogue() -> Catalogue:
    """Categories, departments, outside bodies and referrals of `contracts/reference/report-categories.yaml`."""
    return Catalogue.read(contracts.read("reference/report-categories.yaml"))


@cache
def governorate() -> Governorate:
    """Towns and branches of `contracts/reference/places.yaml`."""
    return Governorate.read(contracts.read("reference/places.yaml"))


@cache
def municipalities() -> Mapping[str, Bilingual]:
    """The names of the municipality and its branches, by code."""
    return names_by_code(contracts.read("reference/places.yaml"))


@cache
def office() -> WorkingTime:
    """The municipality's working time of `contracts/reference/working-time.yaml`."""
    return WorkingTime.read(contracts.read("reference/working-time.yaml"))
