"""One-time codes by time, as a program types them."""

from itertools import islice

import pytest

from devstack import one_time_codes
from devstack.one_time_codes import STEP_S, code_of, current_codes, new_secret

STEP = 50_000_000


@pytest.fixture
def clock(monkeypatch):
    """A clock whose time passes where somebody waits: `clock.at`, in seconds."""

    class Clock:
        at = 0.0

        def time(self) -> float:
            return self.at

        def sleep(self, seconds: float) -> None:
            self.at += seconds

    clock = Clock()
    monkeypatch.setattr(one_time_codes, "time", clock)
    return clock


def steps_of(secret: str, codes: list[str]) -> list[int]:
    """Returns the step of each code."""
    known = {code_of(secret, step): step for step in range(STEP - 5, STEP + 5)}
    return [known[code] for code in codes]


def test_three_codes_are_good_at_a_time_and_the_oldest_comes_first(clock):
    clock.at = STEP * STEP_S + 1.0
    secret = new_secret()
    assert steps_of(secret, list(islice(current_codes(secret), 3))) == [STEP - 1, STEP, STEP + 1]
    assert clock.at == STEP * STEP_S + 1.0


def test_a_code_that_ends_while_it_is_typed_is_not_offered(clock):
    clock.at = STEP * STEP_S + STEP_S - 0.5
    secret = new_secret()
    assert steps_of(secret, [next(current_codes(secret))]) == [STEP]


def test_a_code_to_come_is_awaited(clock):
    clock.at = STEP * STEP_S + 1.0
    secret = new_secret()
    assert steps_of(secret, list(islice(current_codes(secret), 4)))[-1] == STEP + 2
    assert clock.at == (STEP + 1) * STEP_S


def test_codes_asked_for_late_are_those_that_are_good_then(clock):
    clock.at = (STEP - 3) * STEP_S
    secret = new_secret()
    codes = current_codes(secret)
    next(codes)
    clock.at = STEP * STEP_S + 1.0
    assert steps_of(secret, [next(codes)]) == [STEP - 1]
