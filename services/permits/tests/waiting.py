"""Transactions of tests with several connections."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic
from typing import Any

from sqlalchemy.orm import Session

from chassis.data.db import Database
from chassis.data.lock_order import SHARED
from chassis.testing_pairs import is_somebody_waiting


@contextmanager
def preparing(database: Database) -> Iterator[Session]:
    """Opens a transaction for several commands. The check of lock order skips the transaction."""
    with database.transaction() as session:
        session.info[SHARED] = True
        yield session


@contextmanager
def one_waits_for_the_other(
    database: Database, second: Callable[[], Any]
) -> Iterator[tuple[Session, list[Future[Any]]]]:
    """The block's transaction commits only once `second`, in its own transaction, waits for it."""
    futures: list[Future[Any]] = []
    with ThreadPoolExecutor(1) as pool, database.transaction() as session:
        yield session, futures
        session.flush()
        futures.append(pool.submit(second))
        until_somebody_waits(database, futures[0])


def until_somebody_waits(database: Database, future: Future[Any]) -> None:
    deadline = monotonic() + 10
    while not is_somebody_waiting(database):
        assert not future.done(), f"it did not wait: {future.exception() or future.result()}"
        assert monotonic() < deadline, "nobody waits"
