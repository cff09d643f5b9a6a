"""Handlers of the events of other services: topic → event type → handler.

A plain function gets one record in a transaction of its own: the locks of a record are released before the next record.
A handler that takes several records in one transaction says so: it is a `BatchHandler`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.core.context import Context

# The pause of a relay or consumer that has work: what comes meanwhile is taken together.
GATHER_SECONDS = 0.05
Handler = Callable[[Context[Any, Any], Received], None]


@dataclass(frozen=True)
class BatchHandler:
    """Writes the effects of several records in one transaction, because a commit costs more than an effect.

    Records share a transaction only if every handler of their topic is a BatchHandler.

    `prepare` turns an event into the item to write, and reads no database. `write` gets the items of one transaction in
    the order of arrival, also several of one aggregate. `most`: the largest number of records in one transaction,
    for effects that lock rows or number series for which other transactions wait. `write` takes these locks in the
    order that every other transaction takes.
    """

    prepare: Callable[[Context[Any, Any], Received], Any]
    write: Callable[[Context[Any, Any], Sequence[Any]], None]
    most: int | None = None

    def __call__(self, context: Context[Any, Any], event: Received) -> None:
        self.write(context, [self.prepare(context, event)])


# Makes a context over an open transaction.
ContextOf = Callable[[Session], Context[Any, Any]]
Topics = Mapping[str, Mapping[str, Handler]]
