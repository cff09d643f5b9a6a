"""An officer has fifteen working days for an application; afterwards a list says so, and nothing else happens."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chassis.data.deadlines import pending
from chassis.data.paging import PageRequest
from chassis.data.unit_of_work import UnitOfWork
from licences.chores import REVIEWS_OVERDUE, measure_overdue_reviews
from licences.commands.correct import correct_application, withdraw_application
from licences.commands.review import (
    approve_application,
    order_inspection,
    refuse_after_review,
    return_application,
)
from licences.domain.rules import Parameters
from licences.models import Application
from licences.queries.applications import ApplicationSearch, list_applications

# Wednesday 2026-11-25 and fifteen working days: Friday and Saturday aren't counted.
LAST = date(2026, 12, 16)


@pytest.fixture
def in_review(submit_and_decide: Any, shop: Any) -> Application:
    """A shop that is too large to be immediate."""
    row: Application = submit_and_decide(shop(area_m2=300))
    assert row.status == "in_review"
    return row


@pytest.fixture
def found(session: Any, officer: Any) -> Any:
    """`found(today, True)` → the ids of the applications that are overdue on the day."""

    def ask(today: date, overdue: bool | None) -> list[str]:
        page = PageRequest(limit=10, cursor=None, organisation="saihat", secret=b"k" * 32)
        search = ApplicationSearch(overdue=overdue)
        session.flush()
        rows = list_applications(session, officer, search, page, today=today).rows
        return [row.application_id for row in rows]

    return ask


def test_an_officer_has_fifteen_working_days(in_review: Application, session: Any) -> None:
    assert in_review.review_until == LAST
    assert pending(session, "application", in_review.application_id) == {}


def test_the_last_day_is_told_until_the_officer_s_part_ends(
    in_review: Application, session: Any, officer: Any, outbox_rows: Any, now: datetime
) -> None:
    args = UnitOfWork(session, officer, now), in_review.application_id
    refuse_after_review(*args, reason="بعد المراجعة")

    told = [
        (row.type.split(".")[-2], row.envelope["data"]["review_until"])
        for row in outbox_rows()
        if row.topic == "licences.application"
    ]
    assert told == [("submitted", None), ("reviewed", LAST.isoformat()), ("refused", None)]


def test_holidays_are_not_counted(submit_and_decide: Any, shop: Any) -> None:
    """Founding Day is on a Monday of these weeks, and Eid al-Fitr from the fourth of March to the thirteenth."""
    row = submit_and_decide(
        shop(area_m2=300), at=datetime.fromisoformat("2027-02-16T08:00:00+00:00")
    )

    assert row.review_until == date(2027, 3, 18)


def test_what_is_overdue_is_found_from_the_day_after_the_last(
    in_review: Application, submit_and_decide: Any, branch: Any, found: Any
) -> None:
    other = submit_and_decide(branch())
    after = LAST + timedelta(days=1)

    assert found(LAST, True) == []
    assert found(after, True) == [in_review.application_id]
    assert found(after, False) == [other.application_id]
    assert len(found(after, None)) == 2


def test_the_inspection_is_part_of_it(
    in_review: Application, session: Any, officer: Any, found: Any, now: datetime
) -> None:
    args = UnitOfWork(session, officer, now), in_review.application_id
    order_inspection(*args)

    assert (in_review.status, in_review.review_until) == ("inspection", LAST)
    assert found(LAST + timedelta(days=1), True) == [in_review.application_id]


@pytest.mark.parametrize("way", ["approve", "refuse", "return", "withdraw"])
def test_the_time_ends_with_the_officer_s_part(
    in_review: Application, session: Any, officer: Any, now: datetime, way: str
) -> None:
    args = UnitOfWork(session, officer, now), in_review.application_id
    if way == "return":
        return_application(*args, reasons=[{"ar": "أعيدوا العقد"}])
    elif way == "withdraw":
        withdraw_application(*args, reason="لم نعد نحتاجها")
    else:
        {"approve": approve_application, "refuse": refuse_after_review}[way](
            *args, reason="بعد المراجعة"
        )

    assert in_review.review_until is None


def test_a_completed_application_gives_the_officer_his_time_anew(
    in_review: Application, session: Any, officer: Any, shop: Any, answer: Any, now: datetime
) -> None:
    args = UnitOfWork(session, officer, now), in_review.application_id
    return_application(*args, reasons=[{"ar": "أعيدوا العقد"}])
    later = now + timedelta(days=7)

    correct_application(
        UnitOfWork(session, officer, later), in_review.application_id, shop(area_m2=310)
    )
    answer(at=later)

    assert (in_review.status, in_review.review_until) == ("in_review", LAST + timedelta(days=7))


def test_what_is_overdue_is_counted_for_each_municipality(
    in_review: Application, context: Any, session: Any
) -> None:
    session.flush()
    for days, count in ((0, 0), (1, 1)):
        in_review.review_until = context.now.date() - timedelta(days=2 * days - 1)
        session.flush()
        measure_overdue_reviews(context)
        assert REVIEWS_OVERDUE.labels("saihat")._value.get() == count
    assert REVIEWS_OVERDUE.labels("tarout")._value.get() == 0


def test_rules_of_before_give_the_same_days() -> None:
    numbers = dict.fromkeys(
        ("owner_age", "lease_years", "renewal_days", "health_certificate_share", "waiting_days",
         "completion_days", "bill_days", "inspection_days"), 1,
    )  # fmt: skip

    assert Parameters(**numbers).review_days == 15


def test_what_is_due_first_heads_the_officers_queue(
    in_review: Application,
    submit_and_decide: Any,
    branch: Any,
    session: Any,
    client: Any,
    token: Any,
) -> None:
    """Newest first puts what is due first on the last page."""
    later = datetime.fromisoformat("2026-12-02T08:00:00+00:00")
    second = submit_and_decide(branch(area_m2=300), at=later)
    submit_and_decide(branch())  # no officer has this
    session.flush()
    header = token("licence-applications.read", municipality="saihat")
    path, found = "/v1/licence-applications?order=review_until&limit=1", []

    cursor = ""
    while cursor is not None:
        page = client.get(path + (cursor and f"&cursor={cursor}"), headers=header).json()
        found += [one["application_id"] for one in page["items"]]
        cursor = page["next_cursor"]

    assert found == [in_review.application_id, second.application_id]
