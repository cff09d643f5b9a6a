"""The municipality of the governorate and its branches: who acts for whose place.

A person or a machine belongs to a municipality by its attribute `municipality`, a code of
contracts/reference/places.yaml, as the authorization server vouches for it.
"""

from collections.abc import Mapping
from typing import Any

from saudi.bilingual import Bilingual

GOVERNORATE = "qatif"  # the governorate's municipality acts for all its branches
_ATTRIBUTE = "municipality"
# What stands for each in a number that's given by the system. In the order in which the municipalities joined; a later
# one gets the next number, and no number moves.
DIGITS = {
    "qatif": "01",
    "central-qatif": "02",
    "safwa": "03",
    "saihat": "04",
    "tarout": "05",
    "anak": "06",
    "qudaih": "07",
    "awamiyah": "08",
    "jaroudiyah": "09",
    "umm-al-hamam": "10",
}


def names_by_code(places: Mapping[str, Any]) -> Mapping[str, Bilingual]:
    """Returns the names of the municipality and its branches by code, in the order of `places`: the content of
    contracts/reference/places.yaml, which the caller has read."""
    return {one["code"]: Bilingual.read(one) for one in places["municipalities"]}


def own_municipality(attributes: Mapping[str, str]) -> str | None:
    """Returns the municipality to which somebody with these attributes belongs; None for none."""
    return attributes.get(_ATTRIBUTE) or None


def acts_for(attributes: Mapping[str, str], municipality: str) -> bool:
    """Whether an actor with these attributes acts for a branch. The governorate acts for every branch, a branch acts
    for itself, and an actor without a municipality acts for none."""
    own = own_municipality(attributes)
    return own is not None and own in (GOVERNORATE, municipality)


def bound(attributes: Mapping[str, str]) -> str | None:
    """Returns the municipality to which an actor's reads are bound; None for the governorate, which reads all. An actor
    without a municipality is bound to the empty text, a municipality that doesn't exist, and reads nothing."""
    own = own_municipality(attributes) or ""
    return None if own == GOVERNORATE else own
