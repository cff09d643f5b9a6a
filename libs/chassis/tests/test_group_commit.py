"""Sharing a commit: whoever returns is durable, whoever wasn't written is told, and a crowd costs few commits."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock

import pytest

from chassis.group_commit import GroupCommit, NotWritten


class Store:
    """Writes take turns with the test: each waits until it's let through."""

    def __init__(self):
        self.kept, self.batches, self.lock = [], [], Lock()
        self.gate = Event()
        self.gate.set()
        self.began = Event()
        self.failing = False

    def write(self, items):
        assert self.lock.acquire(blocking=False), "two writes at once"
        try:
            self.began.set()
            assert self.gate.wait(10)
            if self.failing:
                raise ConnectionError
            self.batches.append(list(items))
            self.kept += items
        finally:
            self.lock.release()


@pytest.fixture
def store():
    return Store()


def test_alone_it_is_written_at_once(store):
    commits = GroupCommit(store.write)
    commits.add("a")
    commits.add("b")

    assert store.batches == [["a"], ["b"]]


def test_those_who_come_during_a_commit_share_the_next_one_in_their_order(store):
    commits = GroupCommit(store.write)
    store.gate.clear()
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(commits.add, 0)
        assert store.began.wait(10)
        waiting = []
        for number in range(1, 6):
            waiting.append(pool.submit(commits.add, number))
            while len(commits._queue) < number:
                pass
        assert store.kept == []
        store.gate.set()
        for one in [first, *waiting]:
            one.result(10)

    assert store.batches == [[0], [1, 2, 3, 4, 5]]


def test_everybody_in_a_failed_write_is_told_and_nobody_else(store):
    commits = GroupCommit(store.write)
    store.gate.clear()
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(commits.add, "a")
        assert store.began.wait(10)
        second = pool.submit(commits.add, "b")
        while not commits._queue:
            pass
        store.failing = True
        store.gate.set()
        for one in (first, second):
            with pytest.raises(NotWritten):
                one.result(10)
    store.failing = False
    commits.add("c")

    assert store.kept == ["c"]


def test_a_crowd_loses_nothing_doubles_nothing_and_no_batch_is_too_large(store):
    commits = GroupCommit(store.write, most=7)
    start = Barrier(16)

    def many(worker):
        start.wait()
        for number in range(200):
            commits.add((worker, number))
            assert (worker, number) in store.kept[-4000:]

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(many, range(16)))

    assert sorted(store.kept) == [(worker, number) for worker in range(16) for number in range(200)]
    assert max(map(len, store.batches)) <= 7
