"""Actors: for which municipality an actor acts, and which acts two people have to do.

The acts are data: reference/separation-of-duties.yaml.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self

from chassis.core.actors import Actor as Actor
from chassis.core.actors import SystemActor
from chassis.core.refusals import Conflict, InvalidFields, NotFound
from saudi import branches
from saudi.branches import GOVERNORATE

# The service itself, for every branch: deadlines, chores and events of other services.
SYSTEM = SystemActor("service-clock", client_id="permits", attributes={"municipality": GOVERNORATE})


def acts_for(actor: Actor, municipality: str) -> bool:
    """Returns whether the actor acts for that branch (saudi.branches)."""
    return branches.acts_for(actor.attributes, municipality)


def bound(actor: Actor) -> str | None:
    """Returns the municipality whose things the actor sees; None for the governorate, which sees all."""
    return branches.bound(actor.attributes)


def require_access(actor: Actor, municipality: str) -> None:
    """Raises NotFound for another branch's things: the actor may not even know that they exist."""
    if not acts_for(actor, municipality):
        raise NotFound


def require_municipality(actor: Actor, municipality: str) -> None:
    """Raises InvalidFields when the actor names another branch than his own."""
    if not acts_for(actor, municipality):
        raise InvalidFields.of("municipality", "other-municipality")


BACK = "return"  # a request goes back to its applicant, and is reviewed anew


class DutiesSeparated(Conflict):
    """One person did both acts. `code` is the duty; the text names the person."""

    problem = "duties-separated"

    def __init__(self, duty: str, who: str) -> None:
        self.code = duty
        super().__init__(who=who)


class Mode(StrEnum):
    REFUSE = "refuse"
    WARN = "warn"


@dataclass(frozen=True)
class Duty:
    """Acts of the history: who did one of the `first` doesn't do `then`."""

    code: str
    ar: str
    en: str
    first: frozenset[str]
    then: str

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """Reads a rule of the file."""
        plain = {name: written[name] for name in ("code", "ar", "en", "then")}
        return cls(**plain, first=frozenset(written["first"]))


@dataclass(frozen=True)
class DutyRule:
    """What's done about it in some branches (None: in all), within dates; `until` is the last day."""

    branches: frozenset[str] | None
    mode: Mode
    since: date
    until: date | None

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """Reads a rule of the file."""
        branches, until = written["branches"], written["until"]
        return cls(
            frozenset(branches) if branches is not None else None,
            Mode(written["mode"]),
            date.fromisoformat(written["since"]),
            date.fromisoformat(until) if until else None,
        )

    def covers(self, branch: str, on: date) -> bool:
        """Returns whether the rule covers branch and day."""
        here = self.branches is None or branch in self.branches
        return here and self.since <= on <= (self.until or date.max)


@dataclass(frozen=True)
class Done:
    """An act of the history, and who did it."""

    action: str
    subject: str
    name: str | None


def mode_of(rules: Iterable[DutyRule], branch: str, on: date) -> Mode:
    """Returns the mode of the last rule that covers branch and day. Fails closed."""
    found = [rule.mode for rule in rules if rule.covers(branch, on)]
    return found[-1] if found else Mode.REFUSE


def broken_duty(
    duties: Iterable[Duty], then: str, subject: str, done: Sequence[Done]
) -> Duty | None:
    """Returns the duty that `subject` would break by doing `then` after all that was done."""
    for duty in duties:
        if duty.then == then and any(
            one.action in duty.first and one.subject == subject for one in done
        ):
            return duty
    return None


def acts_of(duties: Iterable[Duty], then: str) -> frozenset[str]:
    """Returns the acts that decide whether somebody may do `then`."""
    first = (duty.first for duty in duties if duty.then == then)
    return frozenset([BACK]).union(*first)


def this_round(done: Sequence[Done]) -> Sequence[Done]:
    """Returns the acts since a request was last returned to its applicant, oldest first."""
    places = [place for place, one in enumerate(done) if one.action == BACK]
    return done[places[-1] + 1 :] if places else done
