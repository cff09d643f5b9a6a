"""A provider's circuit breaker, with times that are handed in."""

from datetime import UTC, datetime, timedelta

from notify.domain import breaker
from notify.domain.breaker import Breaker, Policy

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
POLICY = Policy(failures=5, probe_seconds=5)


def opened() -> Breaker:
    state = Breaker()
    for second in range(5):
        state = breaker.after_failure(state, POLICY, NOW + timedelta(seconds=second))
    return state


def test_five_failures_in_a_row_open_the_breaker() -> None:
    state = Breaker()
    for _ in range(4):
        state = breaker.after_failure(state, POLICY, NOW)

    assert state.closed
    assert not breaker.after_failure(state, POLICY, NOW).closed


def test_a_success_between_failures_keeps_the_breaker_closed() -> None:
    state = Breaker()
    for _ in range(20):
        for _ in range(4):
            state = breaker.after_failure(state, POLICY, NOW)
        state = breaker.after_success()

    assert state.closed


def test_an_open_breaker_admits_no_message_and_is_probed_after_a_pause() -> None:
    state = opened()

    assert not state.lets_through
    assert not state.wants_probe(NOW + timedelta(seconds=8))
    assert state.wants_probe(NOW + timedelta(seconds=9))


def test_a_started_probe_keeps_other_processes_from_probing() -> None:
    state = breaker.after_probe_start(opened(), POLICY, NOW + timedelta(seconds=9))

    assert not state.wants_probe(NOW + timedelta(seconds=9))


def test_after_an_answered_probe_one_message_may_try_and_no_second_one() -> None:
    state = breaker.after_probe_answer(opened())
    taken = breaker.after_admission(state, POLICY, NOW + timedelta(seconds=10))

    assert state.lets_through
    assert not taken.lets_through


def test_the_success_of_a_trial_message_closes_the_breaker_and_its_failure_does_not() -> None:
    taken = breaker.after_admission(
        breaker.after_probe_answer(opened()), POLICY, NOW + timedelta(seconds=10)
    )

    assert breaker.after_success().closed
    assert not breaker.after_failure(taken, POLICY, NOW + timedelta(seconds=11)).lets_through
