"""The actors: officers, by their municipality, and applicants, by what is their own.

An applicant owns what stands in the applicant's own name, and what belongs to an establishment that the applicant acts
for. The token says at this moment whether the applicant acts for an establishment. No row of this service says so: a
person who applied for an establishment yesterday, and doesn't act for it any more, finds nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chassis.core.actors import Actor
from chassis.core.refusals import Conflict, Findings, IllegalTransition, InvalidFields, NotFound
from licences.domain import violations
from licences.domain.applications import TITLES, Action
from saudi import branches
from saudi.text import compact

MOST_DRAFTS = 20
# A refusal offers an applicant or offender these actions only.
APPLICANT_ACTIONS = (
    *(TITLES[action] for action in (Action.CORRECT, Action.WITHDRAW)),
    *violations.words((violations.Action.OBJECT, violations.Action.PAY)),
)


# Officers.


def acts_for(actor: Actor, municipality: str) -> bool:
    """Returns whether the actor acts for that branch (saudi.branches)."""
    return branches.acts_for(actor.attributes, municipality)


def municipality_bound(actor: Actor) -> str | None:
    """Returns the municipality whose rows the actor sees; None for the governorate, which sees all."""
    return branches.bound(actor.attributes)


def require_governorate(actor: Actor) -> None:
    """Raises NotFound for a person of a branch: the rules of licences are the governorate's, for all branches."""
    if municipality_bound(actor) is not None:
        raise NotFound


def require_access(actor: Actor, municipality: str) -> None:
    """Raises NotFound for another branch's row: the actor may not even know that the row exists."""
    if not acts_for(actor, municipality):
        raise NotFound


def require_municipality(actor: Actor, municipality: str) -> None:
    """Raises InvalidFields if the actor names another branch than the actor's own."""
    if not acts_for(actor, municipality):
        raise InvalidFields.of("municipality", "other-municipality")


# Applicants.


class TooManyDrafts(Conflict):
    """The applicant keeps as many drafts as may be."""

    problem = "too-many-drafts"


class DraftChanged(Conflict):
    """Somebody changed the draft's form after the applicant read it."""

    problem = "application-draft-changed"


@dataclass(frozen=True, kw_only=True)
class Applicant:
    """A citizen who signed in. `subject` is opaque; `id_number`: the person's identity number; `establishments`: the
    unified numbers that the person acts for; `mobile`, in E.164, and `name`: as the national login knows them."""

    subject: str
    id_number: str = field(repr=False)
    establishments: frozenset[str] = frozenset()
    mobile: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)

    def owns(self, *, establishment: str | None, person: str | None) -> bool:
        """Returns whether a thing is the applicant's. `person`: the owner of a thing that belongs to no
        establishment."""
        if establishment is not None:
            return establishment in self.establishments
        return person is not None and person in (self.id_number, self.subject)


@contextmanager
def for_applicant() -> Iterator[None]:
    """Offers, in a refused transition, the applicant's actions, and not the officers'."""
    try:
        yield
    except IllegalTransition as refusal:
        params = refusal.params
        possible = [title for title in params["next"] if title in APPLICANT_ACTIONS]
        raise IllegalTransition(params["action"], params["status"], possible) from None


def in_own_name(applicant: Applicant, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the body with the applicant's name of the national login where the applicant applies in person: the
    licence prints the owner's name."""
    if applicant.name is None or body.get("establishment"):
        return body
    return {**body, "owner": {**body["owner"], "name": applicant.name}}


def require_for_applicant(
    applicant: Applicant, body: Mapping[str, Any], *, is_incomplete: bool = False
) -> None:
    """Raises InvalidFields unless the body is for the applicant, or for an establishment that the applicant acts for.
    Compares numbers in ASCII digits, as they're stored. `is_incomplete`: a number may be missing."""
    findings = Findings()
    establishment = body.get("establishment")
    if establishment is None:
        number = compact((body.get("owner") or {}).get("id_number", ""))
        if number != applicant.id_number and (number or not is_incomplete):
            findings.fault("owner.id_number", "not-yourself")
    else:
        number = compact(establishment.get("unified_number", ""))
        if number not in applicant.establishments and (number or not is_incomplete):
            findings.fault("establishment.unified_number", "not-acted-for")
    findings.settle()


def require_same_establishment(
    establishment: str | None, body: Mapping[str, Any], code: str
) -> None:
    """Raises InvalidFields with `code` if the body takes a thing away from its establishment. All who acted for the
    establishment sent its files, and a person who took the thing over would keep these files."""
    if establishment is None:
        return
    named = body.get("establishment")
    if not named or compact(named["unified_number"]) != establishment:
        raise InvalidFields.of("establishment", code)
