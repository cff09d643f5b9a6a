"""Which entry counts, and that a sealed one tells nothing by its length."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from health_certs.domain.examinations import (
    RESULT_BYTES,
    Accepted,
    Entry,
    TooLong,
    counting_entry,
    padded,
)

START = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def entry(minute: int, *, fit: bool, centre: str = "a", revision: int = 1) -> Accepted:
    return Accepted(f"e{minute}", centre, START + timedelta(minutes=minute), revision, fit)


@pytest.mark.parametrize(
    ("entries", "fit"),
    [
        ([entry(0, fit=True)], True),
        ([entry(0, fit=True), entry(1, fit=False)], False),  # corrected
        ([entry(0, fit=False), entry(1, fit=True)], True),  # corrected
        ([entry(0, fit=False), entry(1, fit=True, centre="b")], False),  # another centre was tried
        ([entry(0, fit=True), entry(1, fit=False, centre="b")], False),
        ([entry(0, fit=True, revision=1), entry(1, fit=True, revision=2, centre="b")], True),
        ([entry(0, fit=False, revision=1), entry(1, fit=True, revision=2, centre="b")], False),
    ],
)
def test_what_counts_is_the_same_in_every_order_of_arrival(
    entries: list[Accepted], fit: bool
) -> None:
    for order in permutations(entries):
        found = counting_entry(order, revision=entries[-1].revision)
        assert found is not None
        assert found.fit is fit


def test_a_fit_result_of_the_worker_before_an_edit_counts_no_more() -> None:
    assert counting_entry([entry(0, fit=True)], revision=2) is None


def test_every_sealed_text_is_as_long() -> None:
    day = date(2026, 11, 25)
    texts = [
        Entry("fit", day, "1", "s").sealed_text(),
        Entry(
            "unfit", day, "12345678901234567890", "s" * 40, "x" * 36, "wrong-person"
        ).sealed_text(),
    ]

    assert {len(text.encode()) for text in texts} == {RESULT_BYTES}
    assert [Entry.read(text).fit for text in texts] == [True, False]


def test_a_text_that_is_too_long_is_refused_without_showing_it() -> None:
    with pytest.raises(TooLong) as error:
        padded({"name": "س" * 100}, 64)
    assert "س" not in str(error.value)
