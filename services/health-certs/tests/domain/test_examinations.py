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


def entry(
    minute: int,
    *,
    fit: bool,
    centre: str = "a",
    revision: int = 1,
    day: int = 25,
    corrects: int | None = None,
    request: str = "r1",
) -> Accepted:
    return Accepted(
        examination_id=f"e{minute}",
        request_id=request,
        centre=centre,
        entered_at=START + timedelta(minutes=minute),
        examined_on=date(2026, 11, day),
        revision=revision,
        fit=fit,
        corrects=None if corrects is None else f"e{corrects}",
    )


FIRST_UNFIT, FIRST_FIT = entry(0, fit=False), entry(0, fit=True)
CASES = {
    "fit": ([FIRST_FIT], True),
    "fit, corrected to unfit": ([FIRST_FIT, entry(1, fit=False, corrects=0)], False),
    "unfit, corrected to fit": ([FIRST_UNFIT, entry(1, fit=True, corrects=0)], True),
    "corrected twice": (
        [FIRST_FIT, entry(1, fit=False, corrects=0), entry(2, fit=True, corrects=1)],
        True,
    ),
    "one entry corrected twice": (
        [FIRST_FIT, entry(1, fit=False, corrects=0), entry(2, fit=True, corrects=0)],
        True,
    ),
    "another centre on the same day": ([FIRST_UNFIT, entry(1, fit=True, centre="b")], False),
    "unfit at another centre": ([FIRST_FIT, entry(1, fit=False, centre="b")], False),
    "fit on a later day": ([FIRST_UNFIT, entry(1, fit=True, centre="b", day=26)], True),
    "fit on an older day, entered later": (
        [FIRST_UNFIT, entry(1, fit=True, centre="b", day=24)],
        False,
    ),
    "unfit on a later day": ([FIRST_FIT, entry(1, fit=False, centre="b", day=26)], False),
    "unfit for another request": ([FIRST_FIT, entry(1, fit=False, request="r2")], False),
    "unfit for another request on an older day": (
        [FIRST_FIT, entry(1, fit=False, request="r2", day=24)],
        True,
    ),
    "unfit for another request, corrected": (
        [
            FIRST_FIT,
            entry(1, fit=False, request="r2"),
            entry(2, fit=True, request="r2", corrects=1),
        ],
        True,
    ),
    "the worker as edited": (
        [FIRST_FIT, entry(1, fit=True, revision=2, centre="b")],
        True,
    ),
    "unfit before an edit": (
        [FIRST_UNFIT, entry(1, fit=True, revision=2, centre="b")],
        False,
    ),
    "unfit before an edit, at the same centre": (
        [FIRST_UNFIT, entry(1, fit=True, revision=2)],
        False,
    ),
}


@pytest.mark.parametrize(("entries", "fit"), CASES.values(), ids=list(CASES))
def test_what_counts_is_the_same_in_every_order_of_arrival(
    entries: list[Accepted], fit: bool
) -> None:
    revision = max(one.revision for one in entries)
    for order in permutations(entries):
        found = counting_entry(order, "r1", revision)
        assert found is not None
        assert found.fit is fit


def test_a_fit_result_of_the_worker_before_an_edit_counts_no_more() -> None:
    assert counting_entry([FIRST_FIT], "r1", 2) is None


def test_a_fit_result_counts_for_its_own_request_only() -> None:
    assert counting_entry([FIRST_FIT], "r2", 1) is None


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
