"""Data loaders: requests that are in hand together go to the database together, and each is written as if alone.

An operation that is a coroutine says `await loader.load(item)`. `complete` runs the coroutines, gathers the items that
they wait for, has the loader do all of them at once, and resumes each coroutine with its own result. There is no event
loop and no other thread: a batch of one item is a plain call.

What may take seconds is a `Pause`. In a worker's loop (chassis.fast.lane) it holds neither a thread nor a connection of
the database; everywhere else it ends at once.
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
    """`run(items)` returns a result, or an exception to raise, for each item, in their order.

    Of the loaders that coroutines wait for, the one with the lowest `rank` runs first: its coroutines then reach the
    later loaders together with the rest. `run` may be called by several threads at once.

    When `run` itself raises, it's called again for each item alone, so that an item which it can't take fails no other
    one. Not when the database is away: then it raises for all.
    """

    def __init__(
        self, run: Callable[[Sequence[Item]], Sequence[Result | Exception]], *, rank: int = 0
    ) -> None:
        self.run = run
        self.rank = rank

    async def load(self, item: Item) -> Result:
        """Returns the result of `run` for this item; raises the exception that `run` returned for it."""
        result: Result = await _Wanted(self, item)
        return result


class _Wanted:
    __slots__ = ("item", "loader")

    def __init__(self, loader: Loader[Any, Any], item: Any) -> None:
        self.loader = loader
        self.item = item

    def __await__(self) -> Generator["_Wanted", Any, Any]:
        return (yield self)


class Pause:
    """`await Pause(caller, is_over, seconds)` answers whether `is_over()` became true in time.

    `is_over` is asked many times a second, and looks at memory only. `caller` is who waits: once the token is void, the
    request is refused instead of answered. Where nothing can wait, the answer is False at once.
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
    """A running coroutine, in a context of its own: its context variables end with it."""

    __slots__ = ("_context", "_coroutine", "_result", "error", "pause", "wanted")

    def __init__(self, coroutine: Coroutine[Any, Any, Result]) -> None:
        self._coroutine = coroutine
        self._context = contextvars.copy_context()
        self._result: Result | None = None
        self.error: Exception | None = None
        self.wanted: _Wanted | None = None
        self.pause: Pause | None = None
        self.resume(None)

    def resume(self, outcome: Any) -> None:
        """Resumes the coroutine with the outcome of its last `load` or pause, up to the next one or its end."""
        step = self._coroutine.throw if isinstance(outcome, Exception) else self._coroutine.send
        self.wanted = self.pause = None
        try:
            wanted = self._context.run(step, outcome)
        except StopIteration as end:
            self._result = end.value
        except Exception as error:
            self.error = error
        else:
            self._wait_for(wanted)

    def _wait_for(self, wanted: Any) -> None:
        if isinstance(wanted, _Wanted):
            self.wanted = wanted
            return
        if isinstance(wanted, Pause):
            self.pause = wanted
            return
        self._coroutine.close()
        self.error = RuntimeError("A step waits for something that only an event loop could give.")

    def close(self) -> None:
        """Ends a coroutine that nobody waits for any more."""
        self._context.run(self._coroutine.close)

    def result(self) -> Result:
        """Returns the coroutine's result; raises the exception that the coroutine raised."""
        if self.error is not None:
            raise self.error
        return self._result  # type: ignore[return-value]


def complete(coroutines: Sequence[Coroutine[Any, Any, Result]]) -> list[Task[Result]]:
    """Runs all coroutines to their ends; coroutines that wait for the same loader share a batch, and no pause lasts.
    Raises none of their errors."""
    tasks = [Task(one) for one in coroutines]
    run_to_pauses(tasks)
    while paused := [task for task in tasks if task.pause is not None]:
        for task in paused:
            task.resume(False)
        run_to_pauses(paused)
    return tasks


def run_to_pauses(tasks: Sequence[Task[Any]]) -> None:
    """Runs tasks to their ends or to their next pauses. Raises none of their errors."""
    while waiting := [task for task in tasks if task.wanted is not None]:
        loader = min(
            (task.wanted.loader for task in waiting if task.wanted), key=lambda one: one.rank
        )
        served = [task for task in waiting if task.wanted and task.wanted.loader is loader]
        items = [task.wanted.item for task in served if task.wanted]
        for task, outcome in zip(served, _run(loader, items), strict=True):
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
    """Returns whether the database is away or has too much to do: each item alone would only wait as long again."""
    return is_away(error) or is_busy(error) or is_timeout(error)
