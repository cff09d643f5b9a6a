"""Coroutines that wait for the same loader are served together."""

import asyncio
import contextvars

from chassis.batching import Loader, complete


class Shop:
    """A loader that remembers what it was asked for at once."""

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


def test_those_who_wait_for_the_same_are_served_together_each_with_its_own():
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


def test_a_coroutine_may_go_on_after_what_failed():
    shop = Shop(lambda item: LookupError(item) if item == "b" else item)

    async def careful():
        try:
            return await shop.loader.load("b")
        except LookupError:
            return await shop.loader.load("a")

    assert results(complete([careful()])) == ["a"]


def test_a_loader_that_breaks_fails_all_who_waited_for_it():
    def breaks(_items):
        raise ConnectionError

    loader = Loader(breaks)

    async def wait():
        await loader.load(1)

    assert [type(task.error) for task in complete([wait(), wait()])] == [ConnectionError] * 2


def test_what_one_keeps_in_a_context_variable_no_other_sees():
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
