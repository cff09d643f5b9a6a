"""Reference data: the branches, their departments and the public holidays, from contracts/reference."""

from collections.abc import Mapping
from datetime import date
from functools import cache

from chassis.core import contracts
from saudi.bilingual import Bilingual
from saudi.branches import names_by_code
from saudi.working_time import WorkingTime


@cache
def municipalities() -> Mapping[str, Bilingual]:
    """Returns the names of the municipality and its branches by code."""
    return names_by_code(contracts.read("reference/places.yaml"))


@cache
def departments() -> Mapping[str, Bilingual]:
    """Returns the names of the municipality's departments by code."""
    listed = contracts.read("reference/departments.yaml")["departments"]
    return {one["code"]: Bilingual.read(one) for one in listed}


@cache
def holidays() -> frozenset[date]:
    """Returns the public holidays, on which no department serves."""
    return WorkingTime.read(contracts.read("reference/working-time.yaml")).holidays
