"""The days of the reconciliation file, without a database."""

from datetime import UTC, date, datetime

import pytest

from partner_gateway.domain.following import Held, day_of, differences, may_close

DAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("time", "last_closed", "day"),
    [
        ("2026-11-25T09:00:00", None, date(2026, 11, 25)),
        ("2026-11-25T20:59:59", date(2026, 11, 24), date(2026, 11, 25)),
        ("2026-11-25T21:00:00", date(2026, 11, 24), date(2026, 11, 26)),
        ("2026-11-25T09:00:00", date(2026, 11, 25), date(2026, 11, 26)),
        ("2026-11-20T09:00:00", date(2026, 11, 25), date(2026, 11, 26)),
    ],
)
def test_a_change_joins_its_day_in_riyadh_or_the_first_that_is_not_closed(time, last_closed, day):
    assert day_of(datetime.fromisoformat(time).replace(tzinfo=UTC), last_closed) == day


@pytest.mark.parametrize(
    ("as_of", "closes"),
    [
        (None, False),
        ("2026-11-25T20:59:59", False),
        ("2026-11-25T21:09:59", False),
        ("2026-11-25T21:10:00", True),
    ],
)
def test_a_day_closes_once_all_that_was_published_of_it_is_known(as_of, closes):
    known = datetime.fromisoformat(as_of).replace(tzinfo=UTC) if as_of else None

    assert may_close(DAY, known) == closes


def held(sequence):
    return Held(sequence, "sa.gov.qatif.permits.permit.issued.v1", "p", "1448/1")


def test_every_difference_is_listed_and_nothing_else():
    day = {"same": held(1), "lost": held(2), "behind": held(3), "ahead": held(4)}
    listed = [("same", 1), ("behind", 1), ("behind", 2), ("ahead", 5), ("strange", 7)]

    found = {one.thing_id: (one.difference, one.yours) for one in differences(day, listed)}

    assert found == {
        "ahead": ("newer", 5),
        "behind": ("older", 2),
        "lost": ("missing", None),
        "strange": ("unknown", 7),
    }


def test_a_list_that_agrees_has_no_differences():
    assert differences({"one": held(3)}, [("one", 1), ("one", 3)]) == []
