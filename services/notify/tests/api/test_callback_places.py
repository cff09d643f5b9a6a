"""Who gets a callback when: places of a process, leases, and what goes wrong in our own hands."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import text

from chassis.data.aggregates import lock
from notify.models import ApiService

from .conftest import Post, Receiver, System, callbacks, delivered, sent


def test_two_workers_post_a_receipt_once(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    for _ in range(3):
        delivered(system, sent(system))
    one, other = post(), post()

    claimed = one.poster.claim()

    assert len(claimed) == 3
    assert other.after(0) == 0


def test_a_killed_worker_leaves_a_receipt_to_the_next(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    delivered(system, sent(system))
    killed, other = post(), post()
    killed.poster.claim()

    counts = [other.after(30), other.after(40)]

    assert counts == [0, 1]
    assert len(receiver.got) == 1


def test_a_system_that_takes_too_many_places_leaves_some_to_others(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    for _ in range(6):
        delivered(system, sent(system))
    worker = post()

    first, second = worker.poster.claim(), worker.poster.claim()

    assert (len(first), len(second)) == (4, 0)


def test_slow_systems_together_leave_places_to_quick_ones(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    worker = post().poster
    slow = [f"0195ff10-4d00-7b22-9d3f-00000000000{number}" for number in range(6)]
    worker._slow.update(slow)
    worker._in_hand.update(slow[:4])
    for _ in range(2):
        delivered(system, sent(system))

    assert [worker._free(one) for one in slow] == [0] * 6
    assert len(worker.claim()) == 2


def test_a_system_that_does_not_answer_gets_one_place_until_it_does(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    for _ in range(3):
        delivered(system, sent(system))
    worker = post()
    worker.poster._slow.add(system.api_service_id)

    counts = [len(first := worker.poster.claim()), len(worker.poster.claim())]
    worker.poster._post_one(first[0])

    assert counts == [1, 0]
    assert worker.after(0) == 2


def test_an_attempt_that_fails_in_our_own_hands_is_counted(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    delivered(system, sent(system))
    with system.live.database.transaction() as session:
        lock(session, ApiService, system.api_service_id).callback_secret = "whsec_a"
    worker = post()

    counts = [worker.after(0), *(worker.after(301) for _ in range(6))]

    assert counts == [1, 1, 1, 1, 1, 1, 0]
    assert [row.state for row in callbacks(system)] == ["given_up"]


def test_a_process_that_is_killed_each_time_repeats_nothing_for_ever(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    delivered(system, sent(system))
    worker = post()

    counts = []
    for _ in range(8):
        counts.append(len(worker.poster.claim()))
        worker.poster._in_hand.clear()  # another process
        worker.now += timedelta(seconds=61)

    assert counts == [1, 1, 1, 1, 1, 1, 0, 0]
    assert [row.state for row in callbacks(system)] == ["given_up"]


def test_what_does_not_open_holds_up_no_other(
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
