"""Who acts, in which role, and which reports are within reach."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from chassis.core.actors import Actor, SystemActor
from chassis.core.refusals import InvalidFields, NotFound
from saudi.branches import GOVERNORATE, acts_for, bound


def service_as(
    subject: str,
    client_id: str = "reports",
    *,
    name: str | None = None,
    organisation: str | None = GOVERNORATE,
) -> SystemActor:
    """Returns the service itself as the actor, for a person without an account or for nobody. Every report is within
    its reach."""
    return SystemActor(
        subject,
        client_id,
        name,
        organisation,
        scopes=frozenset(("reports.admin",)),
        attributes={"municipality": GOVERNORATE},
    )


REPORTER = service_as("reporter")  # a person who knows a report's number and mobile, or its token
SERVICE_CLOCK = service_as("service-clock")


class Role(StrEnum):
    """The part in which somebody looks at a report."""

    REPORT_OFFICER = "report_officer"
    DEPARTMENT = "department"
    OPERATOR = "operator"
    OBSERVER = "observer"
    CONTRACTOR = "contractor"


def role_of(actor: Actor) -> Role:
    """Whoever is of a contractor is nothing else, whatever his scopes; then the widest part that the scopes give."""
    scopes = actor.scopes
    if actor.attributes.get("contractor"):
        return Role.CONTRACTOR
    if scopes & {"reports.refer", "reports.admin"}:
        return Role.REPORT_OFFICER
    if "reports.treat" in scopes:
        return Role.DEPARTMENT
    if "reports.read" in scopes:
        return Role.OPERATOR
    return Role.CONTRACTOR if "reports.contract" in scopes else Role.OBSERVER


def is_machine(actor: Actor) -> bool:
    """A system without a person before it, such as the portal: its client stands for it."""
    return actor.subject == actor.client_id


@dataclass(frozen=True)
class Reach:
    """Which reports an actor may see; a part that's None limits nothing."""

    municipality: str | None = None
    departments: frozenset[str] | None = None
    contractor: str | None = None
    filed_by: str | None = None


def reach_of(actor: Actor) -> Reach:
    """Branches see their own reports, the governorate all; a department those referred to it, a contractor those
    given to it, an observer those that he filed."""
    role = role_of(actor)
    municipality = bound(actor.attributes)
    if role is Role.CONTRACTOR:
        return Reach(contractor=actor.attributes.get("contractor", ""))
    if role is Role.OBSERVER:
        return Reach(filed_by=actor.subject)
    if role is Role.DEPARTMENT:
        return Reach(municipality, frozenset(actor.attributes.get("departments", "").split()))
    return Reach(municipality)


class Placed(Protocol):
    """What of a report decides whose it is."""

    @property
    def municipality(self) -> str: ...
    @property
    def department(self) -> str | None: ...
    @property
    def contractor(self) -> str | None: ...
    @property
    def filed_by(self) -> str: ...


def require_reach(actor: Actor, report: Placed) -> None:
    """Raises NotFound for a report that the actor may not even know of."""
    reach = reach_of(actor)
    if reach.municipality not in (None, report.municipality):
        raise NotFound
    if reach.departments is not None and report.department not in reach.departments:
        raise NotFound
    if reach.contractor is not None and (
        not reach.contractor or reach.contractor != report.contractor
    ):
        raise NotFound
    if reach.filed_by not in (None, report.filed_by):
        raise NotFound


def require_municipality(actor: Actor, municipality: str) -> None:
    """Raises InvalidFields when the actor names another branch than his own."""
    if not acts_for(actor.attributes, municipality):
        raise InvalidFields.of("municipality", "other-municipality")
