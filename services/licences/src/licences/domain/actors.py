"""Who acts, and for which municipality."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chassis.core.actors import Actor as Actor
from chassis.core.refusals import Conflict, Findings, IllegalTransition, InvalidFields, NotFound
from licences.domain import violations
from licences.domain.applications import TITLES, Action
from licences.domain.violations import Status
from saudi import branches
from saudi.text import compact


def acts_for(actor: Actor, municipality: str) -> bool:
    """Whether the actor acts for that branch (saudi.branches)."""
    return branches.acts_for(actor.attributes, municipality)


def municipality_bound(actor: Actor) -> str | None:
    """The municipality whose things the actor sees; None for the governorate, which sees all."""
    return branches.bound(actor.attributes)


def require_access(actor: Actor, municipality: str) -> None:
    """Raises NotFound for another branch's things: the actor may not even know that they exist."""
    if not acts_for(actor, municipality):
        raise NotFound


def require_municipality(actor: Actor, municipality: str) -> None:
    """Raises InvalidFields when the actor names another branch than his own."""
    if not acts_for(actor, municipality):
        raise InvalidFields.of("municipality", "other-municipality")


MOST_DRAFTS = 20
# What an inspector has seen or written down, and the offender hasn't been told of.
NOT_NOTIFIED = (Status.OBSERVED.value, Status.CONFIRMED.value)


# What an applicant, or an offender, may do himself: of a refusal's «possible now» he hears no more than this.
APPLICANT_ACTIONS = (
    *(TITLES[one] for one in (Action.CORRECT, Action.WITHDRAW)),
    *violations.words((violations.Action.OBJECT, violations.Action.PAY)),
)


class TooManyDrafts(Conflict):
    """The applicant keeps as many drafts as may be."""

    problem = "too-many-drafts"


@dataclass(frozen=True, kw_only=True)
class Applicant:
    """Who applies: `subject` is opaque, `id_number` the person's, `establishments` the unified numbers of those that
    the person acts for, `mobile` in E.164 the one that the national login knows."""

    subject: str
    id_number: str = field(repr=False)
    establishments: frozenset[str] = frozenset()
    mobile: str | None = field(default=None, repr=False)

    def owns(self, *, establishment: str | None, person: str | None) -> bool:
        """Whether a thing is the applicant's. `person`: whose it is where no establishment's."""
        if establishment is not None:
            return establishment in self.establishments
        return person is not None and person in (self.id_number, self.subject)


@contextmanager
def for_applicant() -> Iterator[None]:
    """A refused action names what the applicant may do instead, and not what officers may."""
    try:
        yield
    except IllegalTransition as refusal:
        params = refusal.params
        own = [one for one in params["next"] if one in APPLICANT_ACTIONS]
        raise IllegalTransition(params["action"], params["status"], own) from None


def require_for_applicant(applicant: Applicant, body: Mapping[str, Any]) -> None:
    """A body is for an establishment that the applicant acts for, or for the applicant. Raises InvalidFields.

    Numbers are compared in ASCII digits, as they're stored afterwards.
    """
    findings = Findings()
    establishment = body.get("establishment")
    if establishment:
        if compact(establishment["unified_number"]) not in applicant.establishments:
            findings.fault("establishment.unified_number", "not-acted-for")
    elif compact(body["owner"]["id_number"]) != applicant.id_number:
        findings.fault("owner.id_number", "not-yourself")
    findings.settle()


def require_same_establishment(
    establishment: str | None, body: Mapping[str, Any], code: str
) -> None:
    """What belongs to an establishment stays one of it: its files were sent by all who acted for it, and who turned it
    into his own would keep them. Raises InvalidFields with `code`."""
    if establishment is None:
        return
    asked = body.get("establishment")
    if not asked or compact(asked["unified_number"]) != establishment:
        raise InvalidFields.of("establishment", code)
