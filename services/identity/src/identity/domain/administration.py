"""The reach of an administrator: every organisation, or the administrator's own. Pure."""

from collections.abc import Collection, Mapping

from chassis.core.refusals import Findings, NotFound
from identity.domain.errors import (
    InvalidRegistration,
    SecondFactorNeeded,
    SuspendedByOthers,
    SuspendsOneself,
)
from identity.domain.second_factor import SEVERAL

EVERY_ORGANISATION = "identity.admin"
_OF_ADMINISTRATORS = frozenset({EVERY_ORGANISATION, "organisation.admin"})


def reach_of(scopes: Collection[str], organisation: str | None) -> str | None:
    """Returns the one organisation that an administrator reaches; None for an administrator who reaches all."""
    return None if EVERY_ORGANISATION in scopes else organisation or ""


def require_reached(reach: str | None, organisation: str) -> None:
    """Raises NotFound for a thing of an organisation that the administrator doesn't reach."""
    if reach not in (None, organisation):
        raise NotFound


def narrow_list(reach: str | None, organisation: str | None) -> str | None:
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


def check_username_home(
    username: str, organisation: str, *, reach: str | None, begins_with_code: bool
) -> None:
    """Checks that a name begins with the organisation's code and a point, if an administrator of one organisation gives
    the name, and that no name begins with the code of another organisation. So `username-taken` tells such an
    administrator of own people only. `begins_with_code`: some organisation has the code before the first point. Raises
    InvalidRegistration."""
    if username.startswith(f"{organisation}."):
        return
    if reach is not None or begins_with_code:
        raise InvalidRegistration.of("username", "username-home", prefix=f"{organisation}.")


def code_in(username: str) -> str | None:
    """Returns what stands before the first point of a name, where the code of an organisation may stand: a code has no
    point. Returns None without a point."""
    first, point, _ = username.partition(".")
    return first if point else None


def check_given_terms(
    *,
    scopes: Collection[str],
    had: Collection[str],
    held_by_organisation: Collection[str],
    attributes: Mapping[str, str],
    had_attributes: Mapping[str, str],
) -> None:
    """Checks what an administrator of one organisation gives a person, who had `had` and `had_attributes` before.

    Attributes stay as they are, because they widen what a person sees of other organisations. New scopes are scopes
    that somebody of the organisation has, and make no administrator. Raises InvalidRegistration.
    """
    findings = Findings(InvalidRegistration)
    for name in sorted(set(scopes) - set(had)):
        if name in _OF_ADMINISTRATORS or name not in held_by_organisation:
            findings.fault("scopes", "scope-of-the-municipality", scope=name)
    if dict(attributes) != dict(had_attributes):
        findings.fault("attributes", "attributes-of-the-municipality")
    findings.settle()


def require_own_scopes(scopes: Collection[str], had: Collection[str]) -> None:
    """Raises InvalidRegistration if administrators change their own scopes: nobody could be left to undo it."""
    if set(scopes) != set(had):
        raise InvalidRegistration.of("scopes", "scopes-own")


def require_another(key: str, own: str | None) -> None:
    """Raises SuspendsOneself for the administrator's own account or organisation: another administrator suspends it."""
    if key == own:
        raise SuspendsOneself


def check_reinstatement(reach: str | None, suspended_by: str | None) -> None:
    """Raises SuspendedByOthers if an administrator of one organisation reinstates what another organisation
    suspended."""
    if reach not in (None, suspended_by):
        raise SuspendedByOthers


def require_two_factors(amr: Collection[str]) -> None:
    """Raises SecondFactorNeeded for a sign-in with one factor, whatever the policy of the organisation."""
    if SEVERAL not in amr:
        raise SecondFactorNeeded
