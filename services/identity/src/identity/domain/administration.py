"""The reach of an administrator: every organisation, or the administrator's own. Pure."""

from collections.abc import Collection

from chassis.core.refusals import NotFound
from identity.domain.errors import InvalidRegistration

EVERY_ORGANISATION = "identity.admin"


def reach_of(scopes: Collection[str], organisation: str | None) -> str | None:
    """Returns the one organisation that an administrator reaches; None for an administrator who reaches all."""
    return None if EVERY_ORGANISATION in scopes else organisation or ""


def require_reached(reach: str | None, organisation: str) -> None:
    """Raises NotFound for a thing of an organisation that the administrator doesn't reach."""
    if reach not in (None, organisation):
        raise NotFound


def narrow(reach: str | None, organisation: str | None) -> str | None:
    """Returns the organisation to which a list is narrowed, None for all. An organisation that the administrator
    doesn't reach counts as not found."""
    if organisation is not None:
        require_reached(reach, organisation)
    return organisation if reach is None else reach


def check_home(reach: str | None, organisation: str) -> None:
    """Raises InvalidRegistration for a person of an organisation that the administrator doesn't reach, as for an
    unknown organisation."""
    if reach not in (None, organisation):
        raise InvalidRegistration.of("organisation", "organisation-unknown")
