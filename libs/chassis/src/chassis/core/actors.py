"""Actors: a caller with a token, or the system itself. Standard library only: a `domain` may import this module."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Actor(Protocol):
    """An actor, as the journal keeps it. `name` is a person's name at the time of the act. `scopes` and `attributes`
    (such as the municipality of an officer) are what the authorization server vouches for."""

    @property
    def subject(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def client_id(self) -> str: ...
    @property
    def organisation(self) -> str | None: ...
    @property
    def scopes(self) -> frozenset[str]: ...
    @property
    def attributes(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class SystemActor:
    """The service as the actor: a command, a chore, a deadline, or the machine that sent an event.

    `scopes` and `attributes` are what rules ask of an actor, as a caller's token would carry them.
    """

    subject: str
    client_id: str
    name: str | None = None
    organisation: str | None = None
    scopes: frozenset[str] = frozenset()
    attributes: Mapping[str, str] = field(default_factory=dict)
