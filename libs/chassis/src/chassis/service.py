"""`Service`: all that a service hands over to the chassis. Light to import: a relay needs no web stack."""

import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from importlib import import_module
from threading import Event as Stop
from typing import TYPE_CHECKING, Any

import click

from chassis.core.actors import Actor
from chassis.core.context import Context
from chassis.core.settings import Settings
from chassis.data.deadlines import Deadline, DeadlineHandler, Deadlines
from chassis.data.numbers import Series
from chassis.data.postponed_rows import DueTimes
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.handlers import GATHER_SECONDS, BatchHandler, Handler, Topics

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import Connection

    from chassis.access.auth import Caller
    from chassis.access.quotas import Policy
    from chassis.call import Call
    from chassis.data.db import Database
    from chassis.data.idempotency import Answer
    from chassis.http.problems import ErrorAnswer, ErrorRequest, Problem

__all__ = [
    "BatchHandler",
    "Chore",
    "DeadlineHandler",
    "Deadlines",
    "Handler",
    "Service",
    "Topics",
    "Worker",
    "error_shape",
    "every",
    "on_deadline",
]

Chore = Callable[[Context[Any, Any]], object]
# Gets a chassis.process.Process, which this module can't import, and works in `work` until the event is set.
Worker = Callable[[Any, Stop], object]
# What `work` does in every service, and its names for `--only`.
RELAY, CONSUMER, DEADLINES = "relay", "consumer", "deadlines"


def every(seconds: float, chore: Chore) -> Chore:
    """Returns a chore that runs at most so often in a process."""
    due = 0.0

    @wraps(chore)
    def run(context: Context[Any, Any]) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + seconds
            chore(context)

    return run


def on_deadline(command: Callable[[UnitOfWork, str], object], actor: Actor) -> DeadlineHandler:
    """Returns the handler of a deadline that carries out a command on its aggregate."""

    def handle(context: Context[Any, Any], deadline: Deadline) -> None:
        command(UnitOfWork.of(context, actor), deadline.aggregate_id)

    return handle


def error_shape(module: str) -> "Callable[[Problem, ErrorRequest], ErrorAnswer]":
    """Returns the error shape that a module has as `show_trouble`. The module is imported at the first error: `work`
    shows none."""

    def show(problem: "Problem", asked: "ErrorRequest") -> "ErrorAnswer":
        found: ErrorAnswer = import_module(module).show_trouble(problem, asked)
        return found

    return show


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service. `name` is dashed; `package` is the import name.

    `api`: the modules, by name, in which the contract's operations are found; the package's `api` when none is named.
    `numbers`: series of document numbers, each with a statement of the documents that there are (chassis.data.numbers).
    `seed`: writes, after each migration and in its transaction, the rows that have to be there from the start.
    `lock_order`: the tables and number series in the order in which a transaction locks them (chassis.data.lock_order).
    `handlers`: topic → event type → function (one record, one transaction) or BatchHandler.
    `gather_seconds`: how long events gather, of the outbox and of topics, before one transaction takes them together,
    while events keep coming; shorter costs computing time, longer costs the delay of an event.
    `commands`: the service's own beside the common ones; `chassis.process.pass_process` gives them the process.
    `chores` run about once a second in the work process, each in a transaction of its own; one that fails is counted.
    `deadlines`: kind → what happens when a deadline of it is due (chassis.data.deadlines).
    `due_times`: worker → the statement that sets a row's due time (chassis.data.postponed_rows), for a worker that
    calls other systems.
    `workers`: name → a loop of the service's own, that `work` runs in a thread beside relay and consumer, and that
    `work --only <name>` runs apart. It ends when the event is set; when it fails or ends before, the process ends.
    `resources(database, settings)` makes, once per process, what operations, handlers, chores and commands share
    (`context.resources`); its `close()`, if it has one, is called at the process's end.
    `configure(flask, settings)` runs once per web process, for a service whose operations need Flask's request;
    operations of other services are called without Flask.
    `large_forms`: the path of a page → the most bytes of its form, for pages that take files.
    `pages(flask, process)` runs once per web process, for a service with pages for people that no contract lists (the
    library `pages`). It gets a chassis.process.Process, which this module can't import.
    `fast`: operations, coroutines, that a worker answers many at a time (chassis.fast); not beside `configure`.
    `formats`: a `format` of the contract → the function that reads such a text. It answers the value that operations
    get, or raises ValueError, whose `code` names the error of the field (ADR 17).
    `rules`: operation → a function that takes the fields that the schema accepts, and returns their faults (`field`,
    `code`), so that the caller reads all faults at once.
    `table_rules`: operation → a function that gets the call and the fields that the schema accepts of a body of JSON
    with faults, and returns the faults that only the service's tables show: the caller reads these at once too. A body
    without faults is checked by the operation itself.
    `credentials`: a scheme of the contract (an API key, or http's `bearer`) → a function that gets the call and what
    was presented, None where nothing was. It answers the Caller, or raises a refusal (ADR 18). For a scheme with
    `x-signs-body` it gets the raw body as well.
    `error_shapes`: the beginning of a path → a function that gets a Problem and an `ErrorRequest`, and returns an error
    below that path as (bytes, status, headers), where another standard than RFC 9457 says how errors look.
    `address_limits(settings)`: operation → limits for one address, counted before a token or a body is looked at.
    `on_revoked(context, event)` is called for each revocation (`identity.revocation`), behind the chassis' own handler
    and in its transaction: for what goes on without a token.
    `afterwards`: operation → a coroutine function that gets the call, the answer and the arguments once the transaction
    is committed, also of an answer that was kept. It may wait as fast operations do (chassis.fast), uses no session,
    and answers what is sent instead, or None.
    `on_denied(call, operation_id, reason)` is called, in a transaction of its own, when a valid token lacks a scope; a
    service with fast operations may give a coroutine function.
    `on_replayed(call, operation_id)` is called when a request gets the answer that was kept for its Idempotency-Key,
    and the operation isn't carried out; it may refuse, and may be a coroutine function too.
    """

    name: str
    package: str
    settings: type[Settings] = Settings
    api: Sequence[str] = ()
    numbers: Series = field(default_factory=dict)
    seed: "Callable[[Connection], None] | None" = None
    lock_order: Sequence[str] = ()
    handlers: Topics = field(default_factory=dict)
    gather_seconds: float = GATHER_SECONDS
    commands: Sequence[click.Command] = ()
    chores: Sequence[Chore] = ()
    deadlines: Deadlines = field(default_factory=dict)
    due_times: DueTimes = field(default_factory=dict)
    workers: Mapping[str, Worker] = field(default_factory=dict)
    resources: "Callable[[Database, Any], Any] | None" = None
    configure: "Callable[[Flask, Any], None] | None" = None
    pages: "Callable[[Flask, Any], None] | None" = None
    large_forms: Mapping[str, int] = field(default_factory=dict)
    fast: Collection[str] = ()
    formats: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    rules: Mapping[str, Callable[[dict[str, Any]], Iterable[Any]]] = field(default_factory=dict)
    table_rules: "Mapping[str, Callable[[Call[Any, Any], dict[str, Any]], Iterable[Any]]]" = field(
        default_factory=dict
    )
    credentials: "Mapping[str, Callable[..., Caller]]" = field(default_factory=dict)
    error_shapes: "Mapping[str, Callable[[Problem, ErrorRequest], ErrorAnswer]]" = field(
        default_factory=dict
    )
    address_limits: "Callable[[Any], Mapping[str, Sequence[Policy]]] | None" = None
    afterwards: "Mapping[str, Callable[[Call[Any, Any], Answer, dict[str, Any]], Awaitable[Any]]]" = field(
        default_factory=dict
    )
    on_denied: "Callable[[Call[Any, Any], str, str], object] | None" = None
    on_replayed: "Callable[[Call[Any, Any], str], object] | None" = None
    on_revoked: Handler | None = None

    def __post_init__(self) -> None:
        if self.fast and self.configure:
            raise ValueError(f"{self.name}: an operation that needs Flask can't be fast")
        if taken := {RELAY, CONSUMER, DEADLINES} & set(self.workers):
            raise ValueError(f"{self.name}: {', '.join(sorted(taken))} is the chassis' own")

    def jobs(self) -> Sequence[str]:
        """Returns what its `work` does, by the names for `--only`."""
        return [RELAY, CONSUMER, *([DEADLINES] if self.deadlines else []), *self.workers]

    def operation_modules(self) -> Sequence[str]:
        """Returns the modules in which the contract's operations are found."""
        return self.api or (f"{self.package}.api",)
