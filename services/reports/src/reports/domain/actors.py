"""Actors: their roles, and the reports within their reach."""

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
RETENTION = service_as("retention")


class Role(StrEnum):
    """The part in which an actor sees a report."""

    REPORT_OFFICER = "report_officer"
    DEPARTMENT = "department"
    OPERATOR = "operator"
    OBSERVER = "observer"
    CONTRACTOR = "contractor"


def role_of(actor: Actor) -> Role:
    """Returns the role. An actor of a contractor is always CONTRACTOR; else the scopes give the widest role."""
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
    """Returns whether the actor is a system without a person, such as the portal."""
    return actor.subject == actor.client_id


@dataclass(frozen=True)
class Reach:
    """The reports that an actor may see. A part of None limits nothing."""

    municipality: str | None = None
    departments: frozenset[str] | None = None
    contractor: str | None = None
    filed_by: str | None = None


def reach_of(actor: Actor) -> Reach:
    """Returns the reach. A branch sees its reports, the governorate all reports, a department the reports referred to
    it, a contractor its work orders (in its own municipality, if the token names one), an observer the reports that the
    observer filed."""
    role = role_of(actor)
    municipality = bound(actor.attributes)
    if role is Role.CONTRACTOR:
        return Reach(municipality or None, contractor=actor.attributes.get("contractor", ""))
    if role is Role.OBSERVER:
        return Reach(filed_by=actor.subject)
    if role is Role.DEPARTMENT:
        return Reach(municipality, frozenset(actor.attributes.get("departments", "").split()))
    return Reach(municipality)


class ReachableReport(Protocol):
    """The facts of a report that decide who may see the report."""

    @property
    def municipality(self) -> str: ...
    @property
    def department(self) -> str | None: ...
    @property
    def contractor(self) -> str | None: ...
    @property
    def filed_by(self) -> str: ...


def require_reach(actor: Actor, report: ReachableReport) -> None:
    """Raises NotFound for a report beyond the actor's reach."""
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
    """Raises InvalidFields if the actor names another branch."""
    if not acts_for(actor.attributes, municipality):
        raise InvalidFields.of("municipality", "other-municipality")
