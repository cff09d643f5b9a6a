"""Actors: people without an account, the clock, and the branch to which an officer's reach is bound."""

from chassis.core.actors import Actor, SystemActor
from chassis.core.refusals import InvalidFields, NotFound
from saudi.branches import DIGITS, GOVERNORATE, acts_for, own_municipality


def service_as(subject: str) -> SystemActor:
    """Returns the service as the actor. Everything is within its reach."""
    return SystemActor(
        subject, "tenders", organisation=GOVERNORATE, attributes={"municipality": GOVERNORATE}
    )


VISITOR = service_as("visitor")  # a person who proved a mobile, or has the link of a text
CLOCK = service_as("clock")
RETENTION = service_as("retention")
PAYMENTS = service_as("payments")


def require_reach(actor: Actor, municipality: str) -> None:
    """Raises NotFound for a thing of a branch for which the actor doesn't act."""
    if not acts_for(actor.attributes, municipality):
        raise NotFound


def drafting_municipality(actor: Actor, named: str | None) -> str:
    """Returns the branch for which the officer drafts: the named branch, else the officer's own. Raises InvalidFields
    for a branch for which the officer doesn't act."""
    municipality = named or own_municipality(actor.attributes)
    if municipality not in DIGITS or not acts_for(actor.attributes, municipality):
        raise InvalidFields.of("municipality", "other-municipality")
    return municipality
