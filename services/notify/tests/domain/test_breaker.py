"""A provider's circuit breaker, with times that are handed in."""

from datetime import UTC, datetime, timedelta

from notify.domain import breaker
from notify.domain.breaker import Breaker, Policy

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
POLICY = Policy(failures=5, probe_seconds=5)


def opened() -> Breaker:
    state = Breaker()
    for second in range(5):
        state = breaker.failed(state, POLICY, NOW + timedelta(seconds=second))
    return state


def test_five_failures_in_a_row_open_it() -> None:
    state = Breaker()
    for _ in range(4):
        state = breaker.failed(state, POLICY, NOW)

    assert state.closed
    assert not breaker.failed(state, POLICY, NOW).closed


def test_a_success_between_failures_keeps_it_closed() -> None:
    state = Breaker()
    for _ in range(20):
        for _ in range(4):
            state = breaker.failed(state, POLICY, NOW)
        state = breaker.succeeded()

    assert state.closed


def test_an_open_one_lets_nothing_through_and_is_tried_after_a_pause() -> None:
    state = opened()

    assert not state.lets_through
    assert not state.wants_probe(NOW + timedelta(seconds=8))
    assert state.wants_probe(NOW + timedelta(seconds=9))


def test_who_begins_a_probe_keeps_the_others_from_it() -> None:
    state = breaker.probing(opened(), POLICY, NOW + timedelta(seconds=9))

    assert not state.wants_probe(NOW + timedelta(seconds=9))


def test_after_an_answered_probe_one_message_may_try_and_no_second_one() -> None:
    state = breaker.answered(opened())
    taken = breaker.took(state, POLICY, NOW + timedelta(seconds=10))

    assert state.lets_through
    assert not taken.lets_through


def test_that_messages_success_closes_it_and_its_failure_does_not() -> None:
    taken = breaker.took(breaker.answered(opened()), POLICY, NOW + timedelta(seconds=10))

    assert breaker.succeeded().closed
    assert not breaker.failed(taken, POLICY, NOW + timedelta(seconds=11)).lets_through
