"""Who acts, and for which municipality."""

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.core.actors import Actor as Actor
from chassis.core.refusals import InvalidFields, NotFound
from saudi import branches
from saudi.branches import GOVERNORATE


@dataclass(frozen=True)
class Clock:
    """The service's own clock as the actor, for every branch."""

    subject: str = "service-clock"
    client_id: str = "permits"
    name: str | None = None
    organisation: str | None = None
    scopes: frozenset[str] = frozenset()

    @property
    def attributes(self) -> Mapping[str, str]:
        return {"municipality": GOVERNORATE}


def acts_for(actor: Actor, municipality: str) -> bool:
    """Whether the actor acts for that branch (saudi.branches)."""
    return branches.acts_for(actor.attributes, municipality)


def bound(actor: Actor) -> str | None:
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
