"""Whose bills and money somebody sees: an affiliated municipality its own, the municipality of the governorate all."""

from collections.abc import Mapping
from typing import Protocol

from chassis.core.refusals import NotFound

ALL = "municipality"  # the kind of organisation that sees all


class Actor(Protocol):
    """Who acts, as the journal and these rules see it."""

    @property
    def subject(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def client_id(self) -> str: ...
    @property
    def organisation(self) -> str | None: ...
    @property
    def organisation_kind(self) -> str: ...
    @property
    def scopes(self) -> frozenset[str]: ...
    @property
    def attributes(self) -> Mapping[str, str]: ...


def municipality_of(actor: Actor) -> str | None:
    """The only municipality whose money the actor sees; None when he sees all. Raises NotFound for somebody of an
    organisation without a municipality."""
    if actor.organisation_kind == ALL:
        return None
    municipality = actor.attributes.get("municipality")
    if not municipality:
        raise NotFound
    return municipality


def require_reach(actor: Actor, municipality: str | None) -> None:
    """Raises NotFound for what belongs to another municipality, or to nobody yet."""
    own = municipality_of(actor)
    if own is not None and own != municipality:
        raise NotFound
