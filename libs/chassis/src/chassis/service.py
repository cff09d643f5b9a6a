"""What a service hands over to the chassis. Light to import: a relay needs no web stack."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy.orm import Session

from chassis.inbox import Received
from chassis.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

    from chassis.call import Call
    from chassis.db import Database

Handler = Callable[[Session, Received], None]


@dataclass(frozen=True)
class Together:
    """A handler of events whose effects are written in one statement, because a statement costs more than an effect.

    `prepare` makes of an event what is to be written, and reads no database. `write` gets what was prepared in one
    transaction, in the order of arrival, also several of one aggregate.
    """

    prepare: Callable[[Received], Any]
    write: Callable[[Session, Sequence[Any]], None]

    def __call__(self, session: Session, event: Received) -> None:
        self.write(session, [self.prepare(event)])


Topics = Mapping[str, Mapping[str, Handler]]


def every(seconds: float, chore: Callable[[Session], object]) -> Callable[[Session], None]:
    """A chore that runs at most so often in a process."""
    due = 0.0

    def run(session: Session) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + seconds
            chore(session)

    return run


@dataclass(frozen=True, kw_only=True)
class Service:
    """One room. `name` is dashed; `package` is the import name.

    `parts(database, settings)` makes, once per web process, what its operations share in memory (`call.parts`).
    `chores` run about once a second in the work process, each in a transaction of its own.
    `handlers`: topic → event type → function or Together. `configure(flask, settings)` runs once per web process, for a
    service whose operations need Flask's request; those of the others are called without Flask.
    `on_denied(call, operation_id, reason)` is told, in a transaction of its own, of a valid token that lacks a scope.
    """

    name: str
    package: str
    settings: type[Settings] = Settings
    handlers: Topics = field(default_factory=dict)
    commands: Sequence[click.Command] = ()
    chores: Sequence[Callable[[Session], object]] = ()
    parts: "Callable[[Database, Any], Any] | None" = None
    configure: "Callable[[Flask, Any], None] | None" = None
    on_denied: "Callable[[Call, str, str], None] | None" = None
