"""The reach of officers of a branch, workers, delegates of an establishment, and the few readers of a result.

A worker's requests and certificates are the worker's, also when somebody else applied. A delegate sees what names an
establishment, if the token lets the delegate act for the establishment at this moment. A delegate changes only what was
applied for in the establishment's name.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chassis.core.actors import Actor
from chassis.core.refusals import InvalidFields, NotFound
from saudi import branches
from saudi.text import compact

WORKER, ESTABLISHMENT = "worker", "establishment"  # in whose name a request was made
RESULTS = "health-results.read"


def acts_for(actor: Actor, municipality: str) -> bool:
    """Returns whether the actor acts for the branch (saudi.branches)."""
    return branches.acts_for(actor.attributes, municipality)


def visible_municipality(actor: Actor) -> str | None:
    """Returns the municipality to which the actor's view is limited; None for the governorate, which sees all."""
    return branches.bound(actor.attributes)


def require_inspector(actor: Actor) -> None:
    """Raises NotFound unless the actor belongs to the governorate's municipality or to a branch. Inspectors check
    workers of every branch."""
    if branches.own_municipality(actor.attributes) is None:
        raise NotFound


def require_access(actor: Actor, municipality: str) -> None:
    """Raises NotFound for another branch's rows: the actor may not even know that they exist."""
    if not acts_for(actor, municipality):
        raise NotFound


class Reader(StrEnum):
    """The role in which a caller reads a request."""

    WORKER = "worker"
    RESULTS_OFFICER = "results_officer"
    OFFICER = "officer"
    ESTABLISHMENT = "establishment"


# The one table of who may read a result, and why a request ended. Health data are for the fewest (Personal Data
# Protection Law art. 23). All others learn the public state only, also the establishment that applies, pays and
# employs.
MAY_READ_RESULT: Mapping[Reader, bool] = {
    Reader.WORKER: True,
    Reader.RESULTS_OFFICER: True,
    Reader.OFFICER: False,
    Reader.ESTABLISHMENT: False,
}


def officer_reader(scopes: Collection[str]) -> Reader:
    """Returns the role of an employee of the municipality, by the scopes of the token."""
    return Reader.RESULTS_OFFICER if RESULTS in scopes else Reader.OFFICER


@dataclass(frozen=True, kw_only=True)
class Applicant:
    """A person who applies. `subject` is opaque; `id_number` is the person's; `establishments` are the unified numbers
    for which the person acts; `mobile`, in E.164, is known from the national login."""

    subject: str
    id_number: str = field(repr=False)
    name: str = field(default="", repr=False)
    establishments: frozenset[str] = frozenset()
    mobile: str | None = field(default=None, repr=False)

    def is_worker(self, body: Mapping[str, Any]) -> bool:
        """Returns whether the applicant is the worker of a NewRequest. Numbers are compared in ASCII digits, as they're
        stored afterwards; a faulty number is None, and nobody's."""
        typed = (body.get("worker") or {}).get("id_number")
        return compact(typed or "") == self.id_number

    def reads(self, *, worker: str | None, establishment: str | None) -> Reader | None:
        """Returns the role in which the applicant reads a row of this worker and establishment. None: for the applicant
        the row doesn't exist."""
        if worker is not None and worker == self.id_number:
            return Reader.WORKER
        if establishment is not None and establishment in self.establishments:
            return Reader.ESTABLISHMENT
        return None

    def changes(self, *, worker: str | None, establishment: str | None, applied_by: str) -> bool:
        """Returns whether the applicant may change a request. Workers change their own requests; delegates change
        requests that their establishment made."""
        reader = self.reads(worker=worker, establishment=establishment)
        return reader is Reader.WORKER or (
            reader is Reader.ESTABLISHMENT and applied_by == ESTABLISHMENT
        )

    def cancels(self, *, worker: str, is_saudi: bool, establishment: str | None) -> bool | None:
        """Returns whether the applicant may cancel a certificate. Workers cancel their own; delegates cancel those of
        workers who aren't Saudis. None: for the applicant the certificate doesn't exist."""
        reader = self.reads(worker=worker, establishment=establishment)
        if reader is None:
            return None
        return reader is Reader.WORKER or not is_saudi

    def delegate(self) -> dict[str, Any]:
        """Returns the applicant as a row keeps the delegate of an establishment."""
        return {"subject": self.subject, "name": self.name, "mobile": self.mobile}


def applies_in_name_of(
    applicant: Applicant, body: Mapping[str, Any], establishment: str | None
) -> str:
    """Returns WORKER or ESTABLISHMENT. Raises InvalidFields when the applicant is neither the worker nor acts for the
    establishment."""
    if applicant.is_worker(body):
        return WORKER
    if establishment is None:
        raise InvalidFields.of("worker.id_number", "not-the-worker")
    if establishment not in applicant.establishments:
        raise InvalidFields.of("establishment", "not-acted-for")
    return ESTABLISHMENT
