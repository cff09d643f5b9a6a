"""Reads the reference data of contracts: the names of the municipalities, and the extension of OCDS for leases."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from chassis.core import contracts
from saudi.bilingual import Bilingual
from saudi.branches import names_by_code


@cache
def municipalities() -> Mapping[str, Bilingual]:
    """The municipality and its branches, by code, of `contracts/reference/places.yaml`."""
    return names_by_code(contracts.read("reference/places.yaml"))


@cache
def lease_extension() -> Mapping[str, Any]:
    """The extension of `contracts/reference/ocds-lease-extension.json`."""
    return contracts.read("reference/ocds-lease-extension.json")
