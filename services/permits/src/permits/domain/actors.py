"""Who acts, and for which municipality."""

from typing import Protocol

from permits.domain.errors import Fault, InvalidFields, NotFound

GOVERNORATE = "qatif"  # the governorate's municipality acts for all its branches


class Actor(Protocol):
    """A person or a machine, as the authorization server vouches for it."""

    @property
    def subject(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def organisation(self) -> str | None: ...
    @property
    def municipality(self) -> str | None: ...


def acts_for(actor: Actor, municipality: str) -> bool:
    """The governorate acts for every branch, a branch for itself, and who stands for no municipality for none."""
    return actor.municipality in (GOVERNORATE, municipality)


def bound(actor: Actor) -> str | None:
    """The one municipality whose things the actor sees; None for the governorate, which sees all."""
    return None if actor.municipality == GOVERNORATE else actor.municipality or ""


def require_access(actor: Actor, municipality: str) -> None:
    """Raises NotFound for another branch's things: whether they exist is none of his business."""
    if not acts_for(actor, municipality):
        raise NotFound


def require_municipality(actor: Actor, municipality: str) -> None:
    """Raises InvalidFields when the actor names another branch than his own."""
    if not acts_for(actor, municipality):
        raise InvalidFields([Fault("municipality", "other-municipality")])
