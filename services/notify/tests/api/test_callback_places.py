"""The order of callbacks: places of a process, leases, and what goes wrong in our own hands."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.data.aggregates import lock
from notify.commands import callbacks as commands
from notify.commands.callbacks import DueCallback
from notify.models import ApiService
from notify.workers.callbacks import PLACES

from .conftest import Post, Receiver, System, callbacks, delivered, sent


def test_two_workers_post_a_receipt_once(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    for _ in range(3):
        delivered(system, sent(system))
    one, other = post(), post()

    claimed = one.poster.claim_apart(PLACES)

    assert len(claimed) == 3
    assert other.after(0) == 0


def test_a_killed_worker_leaves_a_receipt_to_the_next(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    delivered(system, sent(system))
    killed, other = post(), post()
    killed.poster.claim_apart(PLACES)

    counts = [other.after(30), other.after(40)]

    assert counts == [0, 1]
    assert len(receiver.got) == 1


def test_a_system_that_takes_too_many_places_leaves_some_to_others(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    for _ in range(6):
        delivered(system, sent(system))
    worker = post()

    with receiver.silence():
        counts = [worker.poster.turn(), worker.poster.turn()]
    worker.poster.settle()

    assert counts == [4, 4]
    assert worker.after(0) == 2


def test_slow_systems_together_leave_places_to_quick_ones(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    worker = post().poster
    slow = [f"0195ff10-4d00-7b22-9d3f-00000000000{number}" for number in range(6)]
    worker._slow.update(slow)
    hands = [DueCallback(one, one, "", "", "", {}) for one in slow[:4]]
    for _ in range(2):
        delivered(system, sent(system))

    assert [worker._free_places(one, hands) for one in slow] == [0] * 6
    assert worker._free_places(system.api_service_id, hands) == 4
    assert len(worker.claim_apart(PLACES)) == 2


def test_a_system_that_does_not_answer_gets_one_place_until_it_does(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    for _ in range(3):
        delivered(system, sent(system))
    worker = post()
    worker.poster._slow.add(system.api_service_id)

    counts = [worker.after(0), worker.after(0)]

    assert counts == [1, 2]


def test_an_attempt_that_fails_by_a_bug_is_counted(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    delivered(system, sent(system))
    with system.live.database.transaction() as session:
        lock(session, ApiService, system.api_service_id).callback_secret = "whsec_a"
    worker = post()

    counts = [worker.after(0), *(worker.after(301) for _ in range(6))]

    assert counts == [1, 1, 1, 1, 1, 1, 0]
    assert [row.state for row in callbacks(system)] == ["given_up"]


def test_a_receipt_whose_process_is_killed_each_time_is_given_up(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    delivered(system, sent(system))
    worker = post()

    counts = []
    for _ in range(8):
        counts.append(len(worker.poster.claim_apart(PLACES)))
        worker.now += timedelta(seconds=61)

    assert counts == [1, 1, 1, 1, 1, 1, 0, 0]
    assert [row.state for row in callbacks(system)] == ["given_up"]


def test_a_receipt_that_cannot_be_opened_delays_no_other_receipt(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    for _ in range(2):
        delivered(system, sent(system))
    poisoned = callbacks(system)[0].callback_id
    with system.live.database.transaction() as session:
        poison = text("UPDATE callback SET body = 'x' WHERE callback_id = :id")
        session.execute(poison, {"id": poisoned})

    assert post().after(0) == 1
    assert sorted(row.state for row in callbacks(system)) == ["delivered", "given_up"]


def test_a_receipt_that_cannot_be_settled_is_postponed_and_the_others_are(
    system: System,
    receiver: Receiver,
    secret: str,
    post: Callable[..., Post],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(3):
        delivered(system, sent(system))
    poisoned = callbacks(system)[0].callback_id
    settle = commands.settle

    def breaks(session: Any, callback_id: str, *words: Any, **named: Any) -> Any:
        if callback_id == poisoned:
            raise LookupError
        return settle(session, callback_id, *words, **named)

    monkeypatch.setattr(commands, "settle", breaks)
    worker = post()

    counts = [worker.after(0), worker.after(120)]

    found = {row.callback_id: (row.state, row.due_at) for row in callbacks(system)}
    assert counts == [3, 0]
    assert found.pop(poisoned)[0] == "waiting"
    assert set(found.values()) == {("delivered", None)}


def test_a_system_whose_receipts_cannot_be_claimed_keeps_no_other_waiting(
    system: System,
    receiver: Receiver,
    secret: str,
    post: Callable[..., Post],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    delivered(system, sent(system))
    claim = commands.claim

    def breaks(session: Any, api_service_id: str, **named: Any) -> Any:
        if api_service_id == "0195ff10-4d00-7b22-9d3f-000000000000":
            raise ValueError
        return claim(session, api_service_id, **named)

    monkeypatch.setattr(commands, "claim", breaks)
    both = ["0195ff10-4d00-7b22-9d3f-000000000000", system.api_service_id]
    monkeypatch.setattr(commands, "services_with_due", lambda *_: both)

    assert post().after(0) == 1
    assert [row.state for row in callbacks(system)] == ["delivered"]
