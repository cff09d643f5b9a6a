"""How many of the workers hold a health certificate that is valid: counted from what health-certs told of them.

A worker counts once, however many certificates he has. What an officer saw on paper counts as long as it says more, and
until one of the certificates has ended since: then only what is known of each one counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from licences.domain.facts import HEALTH, Fact, Source
from saudi.days import legal_day

VALID = "valid"
ENDED = frozenset(("cancelled", "revoked"))


@dataclass(frozen=True)
class Held:
    """A certificate of a worker. `worker`: a keyed hash; None for a professional's own, who is one person, so that all
    of these count as one. `status`: valid, cancelled, revoked, replaced; a replaced one is valid while nothing is known
    of the one that took its place, since their events come in any order. `changed_at`: when it became what it is."""

    worker: str | None
    status: str
    valid_until: date
    changed_at: datetime

    def is_in_force(self, on: date) -> bool:
        """Whether it counts on the day."""
        return self.status == VALID and on <= self.valid_until

    def ended_between(self, since: datetime, on: date) -> bool:
        """Whether it was cancelled or revoked after that moment, or expired between its day and this one. A renewed
        one lives on in the one that took its place."""
        if self.status in ENDED:
            return self.changed_at > since
        return self.status == VALID and legal_day(since) <= self.valid_until < on


def health_fact(held: Sequence[Held], seen: Fact | None, *, workers: int, on: date) -> Fact | None:
    """The fact by which `health-certificates` is decided on the day. `held`: the certificates that name the place;
    `seen`: what an officer saw on paper; `workers`: how many are declared."""
    if not held:
        return seen
    certified = len({one.worker for one in held if one.is_in_force(on)})
    if seen is not None and seen.holds(on) and _says_more(seen, held, certified, on):
        return seen
    source = Source("health_certs", max(one.changed_at for one in held).isoformat())
    return Fact(HEALTH, {"workers": max(workers, certified), "certified": certified}, source)


def _says_more(seen: Fact, held: Sequence[Held], certified: int, on: date) -> bool:
    since = datetime.fromisoformat(seen.source.known_at)
    if any(one.ended_between(since, on) for one in held):
        return False
    return int(seen.value["certified"]) > certified
