"""The form of an appointment, without HTTP and without a database."""

from datetime import UTC, date, datetime

from portal.domain.booking_form import ChosenService

NOW = datetime(2026, 11, 30, 21, 30, tzinfo=UTC)  # 00:30 on 1 December in Riyadh


def test_the_first_days_begin_today_in_riyadh():
    assert ChosenService("d", "s").days_around(NOW) == (None, date(2026, 12, 8))


def test_earlier_days_never_begin_before_today():
    assert ChosenService("d", "s", "1448/06/24").days_around(NOW) == (
        date(2026, 12, 1),
        date(2026, 12, 11),
    )


def test_a_day_that_cannot_be_read_counts_as_today():
    assert ChosenService("d", "s", "soon").days_around(NOW) == (None, date(2026, 12, 8))


def test_the_last_day_of_the_calendar_breaks_nothing():
    assert ChosenService("d", "s", "9999-12-31").days_around(NOW) == (None, date(2026, 12, 8))
