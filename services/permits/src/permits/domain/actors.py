"""Who acts, and for which municipality."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from chassis.core.refusals import InvalidFields, NotFound
from saudi import branches
from saudi.branches import GOVERNORATE


class Actor(Protocol):
    """A person or a machine, as the authorization server vouches for it: its attribute `municipality` is a code of
    contracts/reference/places.yaml."""

    @property
    def subject(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def client_id(self) -> str: ...
    @property
    def organisation(self) -> str | None: ...
    @property
    def attributes(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Clock:
    """The service's own clock as the actor, for every branch."""

    subject: str = "service-clock"
    client_id: str = "permits"
    name: str | None = None
    organisation: str | None = None

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
