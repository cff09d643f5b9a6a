"""The reach of the registry, of departments and of applicants: which transactions each sees and moves.

A branch sees its transactions, the governorate those of all branches. Within them the registry sees all, and a
department those that it has or had. A confidential transaction is seen by one department only: the one that has it, of
the municipality that entered it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chassis.core.actors import Actor, SystemActor
from chassis.core.refusals import Conflict, InvalidFields, NotFound, Refusal
from saudi import branches

REGISTRY_SCOPE = "transactions.enter"


def service_as(subject: str) -> SystemActor:
    """Returns the service itself as the actor."""
    return SystemActor(subject, "transactions", organisation=branches.GOVERNORATE)


CLOCK = service_as("clock")
RETENTION = service_as("retention")


class OtherDepartment(Refusal):
    """The transaction is with another department: the actor reads it and doesn't make this move."""

    problem = "other-department"


class ConfidentialNotReturned(Conflict):
    """A confidential transaction isn't returned: its applicant doesn't see it, so the clock would file it undecided."""

    problem = "confidential-not-returned"


class DecisionOwed(Conflict):
    """A transaction that a person entered on line is filed only once it was decided: the person waits for an answer."""

    problem = "decision-owed"


class TransactionChanged(Conflict):
    """The transaction has another version than the one that the caller has read."""

    problem = "transaction-changed"


class SeenTransaction(Protocol):
    """The facts of a transaction that decide who sees it."""

    @property
    def municipality(self) -> str: ...
    @property
    def department(self) -> str: ...
    @property
    def departments(self) -> Sequence[str]: ...
    @property
    def confidential(self) -> bool: ...


@dataclass(frozen=True)
class Reach:
    """What an officer sees. `municipality`: None for all branches; `home`: the officer's own municipality;
    `departments`: those of the officer; `registry`: the officer sees all that isn't confidential."""

    municipality: str | None
    home: str | None
    departments: frozenset[str]
    registry: bool

    def sees(self, row: SeenTransaction) -> bool:
        """Returns whether the officer may know that the transaction exists."""
        if row.confidential:
            return row.municipality == self.home and row.department in self.departments
        if self.municipality not in (None, row.municipality):
            return False
        return self.registry or bool(self.departments & set(row.departments))

    def has(self, row: SeenTransaction) -> bool:
        """Returns whether the transaction is with a department of the officer."""
        return row.department in self.departments


def reach_of(actor: Actor) -> Reach:
    """Returns the reach of an officer, by the scopes and attributes of the token."""
    return Reach(
        municipality=branches.bound(actor.attributes),
        home=branches.own_municipality(actor.attributes),
        departments=frozenset(actor.attributes.get("departments", "").split()),
        registry=REGISTRY_SCOPE in actor.scopes,
    )


def require_sight(actor: Actor, row: SeenTransaction) -> None:
    """Raises NotFound for a transaction that the officer may not know."""
    if not reach_of(actor).sees(row):
        raise NotFound


def require_charge(actor: Actor, row: SeenTransaction) -> None:
    """Raises NotFound for a transaction that the officer doesn't see, and OtherDepartment for one that is with a
    department of other people."""
    require_sight(actor, row)
    if not reach_of(actor).has(row):
        raise OtherDepartment


def require_registry_or_department(actor: Actor, row: SeenTransaction) -> None:
    """Lets the registry and the department that has the transaction refer it, and record what its applicant does. The
    registry doesn't see a confidential transaction. Raises NotFound and OtherDepartment."""
    require_sight(actor, row)
    reach = reach_of(actor)
    if not (reach.registry or reach.has(row)):
        raise OtherDepartment


def require_returnable(row: SeenTransaction) -> None:
    """Raises ConfidentialNotReturned."""
    if row.confidential:
        raise ConfidentialNotReturned


def entering_municipality(actor: Actor, named: str | None) -> str:
    """Returns the branch for which the officer enters a transaction: the named branch, else the officer's own. Raises
    InvalidFields for a branch for which the officer doesn't act."""
    municipality = named or branches.own_municipality(actor.attributes)
    if (
        municipality is None
        or municipality not in branches.DIGITS
        or not branches.acts_for(actor.attributes, municipality)
    ):
        raise InvalidFields.of("municipality", "other-municipality")
    return municipality


@dataclass(frozen=True, kw_only=True)
class Citizen:
    """A person with the national login. `establishments`: those for which the person acts, by unified number."""

    subject: str
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    mobile: str | None = field(default=None, repr=False)
    establishments: frozenset[str] = frozenset()

    @property
    def numbers(self) -> list[str]:
        """Returns the numbers whose transactions are the citizen's."""
        return [self.id_number, *sorted(self.establishments)]
