"""Reads the reference data of contracts: departments and kinds, the names of the municipalities, the working time."""

from collections.abc import Mapping
from functools import cache

from chassis.core import contracts
from saudi.bilingual import Bilingual
from saudi.branches import names_by_code
from saudi.working_time import WorkingTime
from transactions.domain.kinds import Catalogue


@cache
def catalogue() -> Catalogue:
    """Papers and kinds of `contracts/reference/transaction-kinds.yaml`, departments of `departments.yaml`."""
    kinds = contracts.read("reference/transaction-kinds.yaml")
    return Catalogue.read({**kinds, **contracts.read("reference/departments.yaml")})


@cache
def municipalities() -> Mapping[str, Bilingual]:
    """The municipality and its branches, by code, of `contracts/reference/places.yaml`."""
    return names_by_code(contracts.read("reference/places.yaml"))


@cache
def office() -> WorkingTime:
    """The municipality's working time of `contracts/reference/working-time.yaml`."""
    return WorkingTime.read(contracts.read("reference/working-time.yaml"))
