"""What becomes of a callback."""

import pytest

from notify.domain import api_services
from notify.domain.api_services import CallbackState


@pytest.mark.parametrize(
    ("status", "attempts", "state"),
    [
        (200, 1, CallbackState.DELIVERED),
        (204, 6, CallbackState.DELIVERED),
        (302, 1, CallbackState.REFUSED),
        (400, 1, CallbackState.REFUSED),
        (404, 1, CallbackState.REFUSED),
        (429, 1, CallbackState.WAITING),
        (500, 5, CallbackState.WAITING),
        (None, 1, CallbackState.WAITING),
        (503, 6, CallbackState.GIVEN_UP),
        (429, 6, CallbackState.GIVEN_UP),
        (None, 6, CallbackState.GIVEN_UP),
    ],
)
def test_the_state_after_an_attempt(
    status: int | None, attempts: int, state: CallbackState
) -> None:
    assert api_services.state_after(status, attempts, 6) is state
