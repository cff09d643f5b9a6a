"""Coroutines that wait for the same loader are served together."""

import asyncio
import contextvars

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from chassis.fast.batching import Loader, complete


class Shop:
    """A loader that remembers its batches."""

    def __init__(self, answer=str.upper, rank=0):
        self.orders = []
        self.loader = Loader(self._run, rank=rank)
        self._answer = answer

    def _run(self, items):
        self.orders.append(list(items))
        return [self._answer(item) for item in items]


def results(tasks):
    return [task.result() for task in tasks]


async def buy(shop, *items):
    return [await shop.loader.load(item) for item in items]


def test_coroutines_that_wait_for_one_loader_share_a_batch_and_get_their_own_results():
    shop = Shop()

    tasks = complete([buy(shop, "a", "x"), buy(shop, "b"), buy(shop, "c", "z")])

    assert results(tasks) == [["A", "X"], ["B"], ["C", "Z"]]
    assert shop.orders == [["a", "b", "c"], ["x", "z"]]


def test_the_lower_rank_goes_first_so_that_the_later_one_is_asked_once():
    read, written = Shop(), Shop(rank=1)

    async def denied():
        return await written.loader.load("denied")

    async def answered(item):
        return await written.loader.load(await read.loader.load(item))

    tasks = complete([denied(), answered("a"), answered("b")])

    assert results(tasks) == ["DENIED", "A", "B"]
    assert written.orders == [["denied", "A", "B"]]


def test_an_item_that_fails_fails_its_own_coroutine_only():
    shop = Shop(lambda item: LookupError(item) if item == "b" else item)

    one, two, three = complete([buy(shop, "a"), buy(shop, "b"), buy(shop, "c")])

    assert isinstance(two.error, LookupError)
    assert results([one, three]) == [["a"], ["c"]]


def test_a_coroutine_may_go_on_after_a_failed_load():
    shop = Shop(lambda item: LookupError(item) if item == "b" else item)

    async def careful():
        try:
            return await shop.loader.load("b")
        except LookupError:
            return await shop.loader.load("a")

    assert results(complete([careful()])) == ["a"]


def test_an_item_that_a_loader_cannot_take_fails_no_other_ones_coroutine():
    def double(items):
        return [one * 2 for one in sum([[int(item)] for item in items], [])]

    loader = Loader(double)

    async def wait(item):
        return await loader.load(item)

    one, two, three = complete([wait(1), wait("x"), wait(3)])

    assert isinstance(two.error, ValueError)
    assert results([one, three]) == [2, 6]


@pytest.mark.parametrize(
    ("cause", "calls"), [(psycopg.errors.QueryCanceled(), 1), (psycopg.errors.DataError(), 3)]
)
def test_items_are_not_asked_for_one_by_one_when_the_database_is_away(cause, calls):
    asked = []

    def breaks(items):
        asked.append(items)
        raise OperationalError("statement", None, cause)

    loader = Loader(breaks)

    async def wait():
        await loader.load(1)

    tasks = complete([wait(), wait()])

    assert [type(task.error) for task in tasks] == [OperationalError] * 2
    assert len(asked) == calls


def test_a_loader_that_breaks_fails_every_coroutine_that_waited_for_it():
    def breaks(_items):
        raise ConnectionError

    loader = Loader(breaks)

    async def wait():
        await loader.load(1)

    assert [type(task.error) for task in complete([wait(), wait()])] == [ConnectionError] * 2


def test_a_context_variable_is_seen_by_its_own_coroutine_only():
    kept = contextvars.ContextVar("kept", default="nothing")
    shop = Shop()

    async def keep(item):
        before = kept.get()
        kept.set(item)
        await shop.loader.load(item)
        return before, kept.get()

    assert results(complete([keep("a"), keep("b")])) == [("nothing", "a"), ("nothing", "b")]
    assert kept.get() == "nothing"


def test_a_step_that_waits_for_an_event_loop_is_an_error_and_is_closed():
    ended = []

    async def waits():
        try:
            await asyncio.sleep(1)
        finally:
            ended.append(True)

    (task,) = complete([waits()])

    assert isinstance(task.error, RuntimeError)
    assert ended == [True]
