"""The last days of a request's conditions."""

from datetime import UTC, date, datetime

import pytest

from health_certs.domain.requests import completion_end, due_on, last_day

_SUBMITTED = datetime(2026, 11, 1, 9, tzinfo=UTC)
_ENDS = {
    "examined_until": datetime(2026, 12, 1, 9, tzinfo=UTC),
    "completed_until": completion_end(_SUBMITTED, 60),
}


@pytest.mark.parametrize(
    ("status", "condition"),
    [
        ("awaiting_education", "education"),
        ("awaiting_payment", "payment"),
        ("awaiting_examination", "examination"),
    ],
)
def test_a_request_names_the_last_day_of_the_condition_for_which_it_waits(
    status: str, condition: str
) -> None:
    assert due_on(status, **_ENDS) == last_day(condition, **_ENDS)


def test_the_examination_ends_before_the_payment() -> None:
    assert last_day("examination", **_ENDS) == date(2026, 12, 1)
    assert last_day("payment", **_ENDS) == date(2026, 12, 31)
