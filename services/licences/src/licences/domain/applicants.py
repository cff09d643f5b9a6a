"""Applicants themselves: what is theirs, and for whom they may ask.

One's own is what one has in one's own name, and what belongs to an establishment that one acts for. Whether one acts
for it, the token says at this moment, and no row of ours: whoever applied for it yesterday and acts for it no more
finds nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chassis.core.refusals import Conflict, Findings, IllegalTransition, InvalidFields
from licences.domain import applications, violations
from licences.domain.violations import Status
from saudi.text import compact

MOST_DRAFTS = 20
# What an inspector has seen or written down, and the offender hasn't been told of.
UNTOLD = (Status.OBSERVED.value, Status.CONFIRMED.value)


# What an applicant, or an offender, may do himself: of a refusal's «possible now» he hears no more than this.
OWN_ACTIONS = (
    *(
        applications.TITLES[one]
        for one in (applications.Action.CORRECT, applications.Action.WITHDRAW)
    ),
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
def in_own_words() -> Iterator[None]:
    """A refused action names what the applicant may do instead, and not what officers may."""
    try:
        yield
    except IllegalTransition as refusal:
        params = refusal.params
        own = [one for one in params["next"] if one in OWN_ACTIONS]
        raise IllegalTransition(params["action"], params["status"], own) from None


def check_asked(applicant: Applicant, body: Mapping[str, Any]) -> None:
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


def check_stays(establishment: str | None, body: Mapping[str, Any], code: str) -> None:
    """What belongs to an establishment stays one of it: its files were sent by all who acted for it, and who turned it
    into his own would keep them. Raises InvalidFields with `code`."""
    if establishment is None:
        return
    asked = body.get("establishment")
    if not asked or compact(asked["unified_number"]) != establishment:
        raise InvalidFields.of("establishment", code)
