"""Who hears of what: an audience is a text that a change names and a reader has."""

from collections.abc import Mapping

# The audience of the governorate's municipality, which hears of what every municipality does.
EVERY_MUNICIPALITY = "municipalities"
GOVERNORATE_KIND, BRANCH_KIND = "municipality", "affiliated_municipality"
PARTNER_KIND = "partner"
_PARTNER = "partner/"


def municipality(code: str) -> tuple[str, str]:
    """The audiences of a municipality's own things: itself, and the municipality of Qatif."""
    return f"municipality/{code}", EVERY_MUNICIPALITY


def partner(organisation: str) -> str:
    """The audience of a partner."""
    return f"{_PARTNER}{organisation}"


def is_partner(audience: str) -> bool:
    """Whether those who hear are a partner, and hear within a grant."""
    return audience.startswith(_PARTNER)


def audience_of(kind: str, organisation: str, attributes: Mapping[str, str]) -> str:
    """The audience that the people and systems of an organisation belong to. The municipality is that of the
    registration, which the token carries."""
    if kind == GOVERNORATE_KIND:
        return EVERY_MUNICIPALITY
    if kind == BRANCH_KIND and "municipality" in attributes:
        return f"municipality/{attributes['municipality']}"
    return partner(organisation)
