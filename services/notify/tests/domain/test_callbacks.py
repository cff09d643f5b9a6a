"""What becomes of a callback."""

import pytest

from notify.domain import callbacks
from notify.domain.callbacks import State


@pytest.mark.parametrize(
    ("status", "attempts", "state"),
    [
        (200, 1, State.DELIVERED),
        (204, 6, State.DELIVERED),
        (302, 1, State.REFUSED),
        (400, 1, State.REFUSED),
        (404, 1, State.REFUSED),
        (429, 1, State.WAITING),
        (500, 5, State.WAITING),
        (None, 1, State.WAITING),
        (503, 6, State.GIVEN_UP),
        (429, 6, State.GIVEN_UP),
        (None, 6, State.GIVEN_UP),
    ],
)
def test_the_state_after_an_attempt(status: int | None, attempts: int, state: State) -> None:
    assert callbacks.state_after(status, attempts, 6) is state
