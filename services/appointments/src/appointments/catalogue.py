"""Reference data: the branches and the public holidays, from contracts/reference."""

from collections.abc import Mapping
from datetime import date
from functools import cache

from chassis.core import contracts
from saudi.bilingual import Bilingual
from saudi.working_time import WorkingTime


@cache
def municipalities() -> Mapping[str, Bilingual]:
    """Returns the names of the municipality and its branches by code."""
    places = contracts.read("reference/places.yaml")
    return {one["code"]: Bilingual(one["ar"], one["en"]) for one in places["municipalities"]}


@cache
def holidays() -> frozenset[date]:
    """Returns the public holidays, on which no department serves."""
    return WorkingTime.read(contracts.read("reference/working-time.yaml")).holidays
