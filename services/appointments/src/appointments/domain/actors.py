"""Actors: people without an account, the service itself, and the branch to which an officer's reach is bound."""

from chassis.core.actors import Actor, SystemActor
from chassis.core.refusals import InvalidFields, NotFound
from saudi.branches import GOVERNORATE, acts_for


def service_as(subject: str) -> SystemActor:
    """Returns the service as the actor. Everything is within its reach."""
    return SystemActor(
        subject, "appointments", organisation=GOVERNORATE, attributes={"municipality": GOVERNORATE}
    )


VISITOR = service_as("visitor")  # a person who proved a mobile, or has the link of a text
WAITING_LIST = service_as("waiting-list")
DAY_END = service_as("day-end")
RETENTION = service_as("retention")


def require_reach(actor: Actor, municipality: str) -> None:
    """Raises NotFound for a thing of a branch for which the actor doesn't act."""
    if not acts_for(actor.attributes, municipality):
        raise NotFound


def require_municipality(actor: Actor, municipality: str) -> None:
    """Raises InvalidFields if the actor names another branch."""
    if not acts_for(actor.attributes, municipality):
        raise InvalidFields.of("municipality", "other-municipality")
