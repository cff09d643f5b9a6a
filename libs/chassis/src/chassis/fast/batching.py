"""Runs coroutines that share their round trips; each is written as if it were alone (the pattern *data loader*).

A fast operation says `await loader.load(item)`. `complete` runs the coroutines up to their loads, gives all items of a
loader to the loader at once, and resumes each coroutine with its own result. There is no event loop and no other
thread: a batch of one item is a plain call.

A step that may take seconds is a `Pause`. In a worker's loop (chassis.fast.lane) a pause holds neither a thread nor a
connection of the database. Everywhere else a pause ends at once.
"""

import contextvars
from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any, Generic, TypeVar

import structlog

from chassis.access.auth import Caller
from chassis.data.sqlstate import is_away, is_busy, is_timeout

log = structlog.get_logger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")


class Loader(Generic[Item, Result]):
    """Does many items at once. `run(items)` returns a result, or an exception to raise, for each item, in their order.

    The loader with the lowest `rank` runs first: its coroutines then reach the later loaders together with the rest.
    Several threads may call `run` at once.

    When `run` raises, it is called again for each item alone, so that a bad item fails no other item. When the database
    is away, the error is raised for all items.
    """

    def __init__(
        self, run: Callable[[Sequence[Item]], Sequence[Result | Exception]], *, rank: int = 0
    ) -> None:
        self.run = run
        self.rank = rank

    def load(self, item: Item) -> "Load[Result]":
        """`await` gives the result of `run` for this item, or raises the exception that `run` returned for it."""
        return Load(self, item)


class Load(Generic[Result]):
    """An item that a coroutine waits for."""

    __slots__ = ("item", "loader")

    def __init__(self, loader: Loader[Any, Result], item: Any) -> None:
        self.loader = loader
        self.item = item

    def __await__(self) -> Generator["Load[Result]", Any, Result]:
        result: Result = yield self
        return result


class Pause:
    """`await Pause(caller, is_over, seconds)` tells whether `is_over()` became true in time.

    `is_over` is called many times a second and looks at memory only. Once the token of `caller` is void, the request is
    refused instead of answered. Where nothing can wait, the result is False at once.
    """

    __slots__ = ("caller", "is_over", "seconds")

    def __init__(self, caller: Caller, is_over: Callable[[], bool], seconds: float) -> None:
        self.caller = caller
        self.is_over = is_over
        self.seconds = seconds

    def __await__(self) -> Generator["Pause", Any, bool]:
        over: bool = yield self
        return over


class Task(Generic[Result]):
    """A running coroutine in a context of its own: its context variables end with the coroutine."""

    __slots__ = ("_context", "_coroutine", "_result", "error", "load", "pause")

    def __init__(self, coroutine: Coroutine[Any, Any, Result]) -> None:
        self._coroutine = coroutine
        self._context = contextvars.copy_context()
        self._result: Result | None = None
        self.error: Exception | None = None
        self.load: Load[Any] | None = None
        self.pause: Pause | None = None
        self.resume(None)

    def resume(self, outcome: Any) -> None:
        """Resumes the coroutine with the outcome of its last `load` or pause, up to the next one or its end."""
        step = self._coroutine.throw if isinstance(outcome, Exception) else self._coroutine.send
        self.load = self.pause = None
        try:
            awaited = self._context.run(step, outcome)
        except StopIteration as end:
            self._result = end.value
        except Exception as error:
            self.error = error
        else:
            self._wait_for(awaited)

    def _wait_for(self, awaited: Any) -> None:
        if isinstance(awaited, Load):
            self.load = awaited
        elif isinstance(awaited, Pause):
            self.pause = awaited
        else:
            self._coroutine.close()
            self.error = RuntimeError(
                "A step waits for something that only an event loop could give."
            )

    def close(self) -> None:
        """Ends a coroutine whose client is gone."""
        self._context.run(self._coroutine.close)

    def result(self) -> Result:
        """Returns the coroutine's result; raises the exception that the coroutine raised."""
        if self.error is not None:
            raise self.error
        return self._result  # type: ignore[return-value]


def complete(coroutines: Sequence[Coroutine[Any, Any, Result]]) -> list[Task[Result]]:
    """Runs all coroutines to their ends in shared batches; a pause ends at once. Raises none of their errors."""
    tasks = [Task(one) for one in coroutines]
    run_to_pauses(tasks)
    while paused := [task for task in tasks if task.pause is not None]:
        for task in paused:
            task.resume(False)
        run_to_pauses(paused)
    return tasks


def run_to_pauses(tasks: Sequence[Task[Any]]) -> None:
    """Runs tasks to their ends or to their next pauses. Raises none of their errors."""
    while loads := [(task, task.load) for task in tasks if task.load is not None]:
        loader = min((load.loader for _, load in loads), key=lambda one: one.rank)
        served = [(task, load.item) for task, load in loads if load.loader is loader]
        outcomes = _run(loader, [item for _, item in served])
        for (task, _), outcome in zip(served, outcomes, strict=True):
            task.resume(outcome)


def _run(loader: Loader[Any, Any], items: Sequence[Any]) -> Sequence[Any]:
    try:
        return loader.run(items)
    except Exception as error:
        if len(items) == 1 or _fails_all_items(error):
            return [error] * len(items)
        log.warning("batch.apart", error=type(error).__name__, items=len(items))
        return [_run(loader, [item])[0] for item in items]


def _fails_all_items(error: Exception) -> bool:
    """Returns whether the database is away or too busy: each item alone would wait as long again."""
    return is_away(error) or is_busy(error) or is_timeout(error)
