"""Handlers of the events of other services: topic → event type → handler."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.core.context import Context

Handler = Callable[[Context[Any, Any], Received], None]


@dataclass(frozen=True)
class BatchHandler:
    """A handler of events whose effects are written in one statement, because a statement costs more than an effect.

    `prepare` turns an event into the item to write, and reads no database. `write` gets the items of one transaction in
    the order of arrival, also several of one aggregate. `most`: records that a transaction with one of these has, when
    its effects lock what others wait for, as a series of numbers; then the locks are taken in `write`, in an order that
    every other transaction has too.
    """

    prepare: Callable[[Context[Any, Any], Received], Any]
    write: Callable[[Context[Any, Any], Sequence[Any]], None]
    most: int | None = None

    def __call__(self, context: Context[Any, Any], event: Received) -> None:
        self.write(context, [self.prepare(context, event)])


@dataclass(frozen=True)
class Alone:
    """A handler whose effects lock what others wait for, as a series of numbers. Each record of its topic has a
    transaction of its own: shared with the other records of a poll, the lock would be held until the last of them is
    done, and two processes that take the same locks in another order would deadlock."""

    handler: Callable[[Context[Any, Any], Received], None]

    def __call__(self, context: Context[Any, Any], event: Received) -> None:
        self.handler(context, event)


# A context over a transaction that is open: of a poll, or of one dead letter.
ContextOf = Callable[[Session], Context[Any, Any]]
Topics = Mapping[str, Mapping[str, Handler]]
