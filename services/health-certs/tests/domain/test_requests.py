"""The last days of a request's conditions."""

from datetime import UTC, date, datetime

from health_certs.domain.requests import completion_end, last_day

_SUBMITTED = datetime(2026, 11, 1, 9, tzinfo=UTC)
_ENDS = {
    "examined_until": datetime(2026, 12, 1, 9, tzinfo=UTC),
    "completed_until": completion_end(_SUBMITTED, 60),
}


def test_the_examination_ends_before_the_payment() -> None:
    assert last_day("examination", **_ENDS) == date(2026, 12, 1)
    assert last_day("payment", **_ENDS) == date(2026, 12, 31)
