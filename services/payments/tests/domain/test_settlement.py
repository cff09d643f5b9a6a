"""The bank's lines meet the payments that we were told of, or are listed."""

from datetime import UTC, date, datetime, timedelta

import pytest

from payments.domain.settlement import (
    NO_PAYMENTS,
    ComparedPayment,
    Kind,
    LastReconciliation,
    Line,
    PaymentCount,
    Unreadable,
    compare,
    days_due,
    is_outdated,
    last_day,
    read_csv,
    read_settlement,
    reconciliation_day,
)

DAY = date(2026, 11, 26)


def line(reference: str, amount: int = 75_000, number: str = "4482000001", key: str = "") -> Line:
    return Line(
        line_id=key or f"L-{reference}",
        reference=reference,
        bill_number=number,
        amount_halalas=amount,
    )


def taken(reference: str, amount: int = 75_000, **more: object) -> ComparedPayment:
    facts = {"payment_id": "p", "reference": reference, "bill_number": "4482000001"}
    return ComparedPayment(**{**facts, "amount_halalas": amount, **more})  # type: ignore[arg-type]


def kinds(lines: list[Line], payments: list[ComparedPayment]) -> list[Kind]:
    return [one.kind for one in compare(lines, payments)[1]]


def test_a_matched_payment_is_not_listed() -> None:
    assert compare([line("a"), line("b")], [taken("b"), taken("a")]) == (2, [])


def test_a_missing_line_and_a_missing_payment_are_listed() -> None:
    matched, found = compare([line("a")], [taken("b")])

    assert matched == 0
    assert [(one.reference, one.kind) for one in found] == [
        ("a", Kind.UNNOTICED),
        ("b", Kind.UNSETTLED),
    ]


def test_each_difference_has_its_kind() -> None:
    assert kinds([line("a", 74_999)], [taken("a")]) == [Kind.AMOUNT]
    assert kinds([line("a", number="4482000002")], [taken("a")]) == [Kind.BILL]
    assert kinds([line("a"), line("a", key="again")], [taken("a")]) == [Kind.TWICE]
    assert kinds([line("a"), line("a", key="again")], []) == [Kind.UNNOTICED, Kind.TWICE]
    assert kinds([line("a")], [taken("a", suspended=True)]) == [Kind.IN_SUSPENSE]
    assert kinds([line("a")], [taken("a", dismissed=True)]) == [Kind.DISMISSED_SETTLED]
    told = frozenset({("4482000001", 75_000), ("4482000001", 1)})
    assert kinds([line("a")], [taken("a", notices=told)]) == [Kind.TOLD_DIFFERENTLY]


def document(**changes: object) -> dict[str, object]:
    row = {"line_id": "L-1", "payment": "SP-1", "bill_number": "4482000001", "amount": "750.00"}
    return {"day": "2026-11-26", "count": 1, "lines": [row], **changes}


def test_a_settlement_of_another_day_or_with_missing_lines_is_refused() -> None:
    (found,) = read_settlement(document(), DAY)
    assert (found.reference, found.amount_halalas) == ("SP-1", 75_000)

    for changes in ({"day": "2026-11-25"}, {"count": 2}):
        with pytest.raises(Unreadable):
            read_settlement(document(**changes), DAY)


HEADING = "line_id,reference,bill_number,amount\n"


def test_a_file_of_the_bank_is_read() -> None:
    (found,) = read_csv("\ufeff" + HEADING + "1,qatif/000123,4482000001,750.00\n")

    assert found == Line(
        line_id="1", reference="qatif/000123", bill_number="4482000001", amount_halalas=75_000
    )


@pytest.mark.parametrize(
    ("text", "place", "field"),
    [
        ("reference\n", 0, "heading"),
        (HEADING + "\n1,a,4482000001,1.00\n\n1,=cmd(),4482000001,750.00\n", 5, "reference"),
        (HEADING + "\n1,a,,1.00\n\n1,b,,1.00\n", 5, "line_id"),
        (HEADING + "1,=cmd(),4482000001,750.00\n", 2, "reference"),
        (HEADING + "1,a,4482000001,750.001\n", 2, "amount"),
        (HEADING + "1,a,4482000001,-750.00\n", 2, "amount"),
        (HEADING + "1,a,4482000001,0\n", 2, "amount"),
        (HEADING + "1,a,4482000001,1000000000.00\n", 2, "amount"),
        (HEADING + "1,a,4482000001\n", 2, "amount"),
        (HEADING + "1,a,4482000001,1,250.50\n", 2, "cells"),
        (HEADING + "1,a,x,1\n", 2, "bill_number"),
        (HEADING + "1,a,,1\n1,b,,1\n", 3, "line_id"),
    ],
)
def test_the_error_of_a_malformed_file_names_line_and_field(
    text: str, place: int, field: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        read_csv(text)

    assert (caught.value.line, caught.value.field) == (place, field)


LAST = date(2026, 11, 26)


def made_of(day: date, came: PaymentCount = NO_PAYMENTS) -> LastReconciliation:
    """Reconciled in the morning after."""
    at = datetime(day.year, day.month, day.day, 3, tzinfo=UTC) + timedelta(days=1)
    return LastReconciliation(at=at, count=came)


def test_at_first_a_week_is_due() -> None:
    assert days_due(LAST, {}) == [LAST - timedelta(days=back) for back in range(6, -1, -1)]


def test_a_missing_day_since_the_first_reconciled_day_stays_due() -> None:
    made = {
        day: made_of(day)
        for day in (LAST - timedelta(days=back) for back in range(60) if back not in {3, 40})
    }

    assert days_due(LAST, made) == [LAST - timedelta(days=40), LAST - timedelta(days=3)]


def test_days_are_due_for_a_year_at_most() -> None:
    long_ago = date(2020, 1, 1)

    assert len(days_due(LAST, {long_ago: made_of(long_ago)})) == 366


def test_a_day_is_due_again_when_it_was_not_over_or_when_its_payments_have_changed() -> None:
    seen = PaymentCount(payments=2, standing=1)
    one_more, one_dismissed = (
        PaymentCount(payments=3, standing=1),
        PaymentCount(payments=2, standing=0),
    )

    assert not is_outdated(DAY, made_of(DAY, seen), seen)
    assert is_outdated(DAY, made_of(DAY - timedelta(days=1), seen), seen)
    assert is_outdated(DAY, made_of(DAY, seen), one_more)
    assert is_outdated(DAY, made_of(DAY, seen), one_dismissed)


def test_a_payment_is_reconciled_with_its_day_unless_that_lies_ahead_or_long_ago() -> None:
    received = datetime(2026, 11, 26, 20, 59, tzinfo=UTC)  # a minute before midnight in Riyadh

    for paid, day in (
        (received + timedelta(minutes=1), DAY),
        (received - timedelta(days=31), date(2026, 10, 26)),
        (received - timedelta(days=32), DAY),
        (datetime(2099, 1, 1, tzinfo=UTC), DAY),
    ):
        assert reconciliation_day(paid, received) == day


def test_yesterday_is_due_from_its_hour_on_in_riyadh() -> None:
    six = datetime(2026, 11, 27, 3, tzinfo=UTC)

    assert last_day(six, 6) == LAST
    assert last_day(six - timedelta(seconds=1), 6) == LAST - timedelta(days=1)
