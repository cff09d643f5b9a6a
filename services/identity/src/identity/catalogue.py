"""Reads scopes and municipalities from the contracts."""

from functools import cache

from chassis.core import contracts
from identity.domain.scopes import Catalogue


@cache
def scopes() -> Catalogue:
    """Returns every scope of `contracts/scopes.yaml`."""
    return Catalogue.read(contracts.read("scopes.yaml"))


@cache
def municipalities() -> frozenset[str]:
    """Returns the codes of `contracts/reference/places.yaml`."""
    places = contracts.read("reference/places.yaml")
    return frozenset(place["code"] for place in places["municipalities"])
