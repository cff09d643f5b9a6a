"""Requests that are in hand together go to the database together, and each is written as if it were alone.

An operation that is a coroutine says `await loader.load(item)`. Whoever drives the coroutines gathers what they wait
for, does it for all of them at once, and lets each go on with its own part. There is no event loop and no other
thread: a batch of one is a plain call.
"""

import contextvars
from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Loader(Generic[Item, Result]):
    """`run(items)` answers a result, or an exception to raise, for each item, in their order.

    Of several loaders that are waited for the one with the lowest `rank` goes first, so that its coroutines can come
    to the later ones together with the rest. `run` may be called by several threads at once.
    """

    def __init__(
        self, run: Callable[[Sequence[Item]], Sequence[Result | Exception]], *, rank: int = 0
    ) -> None:
        self.run = run
        self.rank = rank

    async def load(self, item: Item) -> Result:
        """What `run` answered for this item, or raises the exception that it answered."""
        result: Result = await _Wanted(self, item)
        return result


class _Wanted:
    __slots__ = ("item", "loader")

    def __init__(self, loader: Loader[Any, Any], item: Any) -> None:
        self.loader = loader
        self.item = item

    def __await__(self) -> Generator["_Wanted", Any, Any]:
        return (yield self)


class Task(Generic[Result]):
    """A coroutine on its way, in a context of its own: what it keeps in context variables ends with it."""

    __slots__ = ("_context", "_coroutine", "_result", "error", "wanted")

    def __init__(self, coroutine: Coroutine[Any, Any, Result]) -> None:
        self._coroutine = coroutine
        self._context = contextvars.copy_context()
        self._result: Result | None = None
        self.error: Exception | None = None
        self.wanted: _Wanted | None = None
        self.go_on(None)

    def go_on(self, outcome: Any) -> None:
        """Runs to the next `load` or to the end, with what the last one answered."""
        step = self._coroutine.throw if isinstance(outcome, Exception) else self._coroutine.send
        self.wanted = None
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
        self._coroutine.close()
        self.error = RuntimeError("A step waits for something that only an event loop could give.")

    def result(self) -> Result:
        """What the coroutine returned; raises what it raised."""
        if self.error is not None:
            raise self.error
        return self._result  # type: ignore[return-value]


def complete(coroutines: Sequence[Coroutine[Any, Any, Result]]) -> list[Task[Result]]:
    """Brings all of them to their ends, those who wait for the same loader together. Raises none of their errors."""
    tasks = [Task(one) for one in coroutines]
    while waiting := [task for task in tasks if task.wanted is not None]:
        loader = min(
            (task.wanted.loader for task in waiting if task.wanted), key=lambda one: one.rank
        )
        served = [task for task in waiting if task.wanted and task.wanted.loader is loader]
        items = [task.wanted.item for task in served if task.wanted]
        for task, outcome in zip(served, _run(loader, items), strict=True):
            task.go_on(outcome)
    return tasks


def _run(loader: Loader[Any, Any], items: Sequence[Any]) -> Sequence[Any]:
    try:
        return loader.run(items)
    except Exception as error:
        return [error] * len(items)
