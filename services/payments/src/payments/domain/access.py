"""Who sees which bills and payments: an affiliated municipality its own, the municipality of the governorate all."""

from chassis.core.actors import Actor
from chassis.core.refusals import NotFound

ALL = "municipality"  # the kind of organisation that sees all


def municipality_of(actor: Actor) -> str | None:
    """Returns the only municipality whose money the actor sees; None for an actor who sees all. Raises NotFound for an
    actor of an organisation without a municipality."""
    # Callers have a kind of organisation; the system has none, and sees nothing here.
    if getattr(actor, "organisation_kind", "") == ALL:
        return None
    municipality = actor.attributes.get("municipality")
    if not municipality:
        raise NotFound
    return municipality


def require_reach(actor: Actor, municipality: str | None) -> None:
    """Raises NotFound for a row of another municipality, or of no known municipality."""
    visible = municipality_of(actor)
    if visible is not None and visible != municipality:
        raise NotFound
