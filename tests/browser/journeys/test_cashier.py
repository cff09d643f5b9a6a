"""A cashier's day: two people pay at the counter; the bank's statement has one of the two receipts, and another person
than the cashier finds the difference and clears it with the bank's corrected statement."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from devstack.stories.building import mobile_of
from saudi.days import legal_day

from .person import Person
from .steps import request_bill

PAYERS = {91: "J-091", 92: "J-092"}  # last digits of the building → the receipt
HEADING = "line_id,reference,bill_number,amount"
# The day ends: what was taken today was taken yesterday.
NIGHT = (
    "UPDATE payment SET paid_on = paid_on - 1, paid_at = paid_at - interval '1 day'"
    " WHERE source = 'counter' AND reference LIKE '%J-09_' RETURNING reference, bill_number, amount_halalas"
)
DAY = "SELECT lines, payments, differences, version FROM reconciliation WHERE source = 'counter' AND day = :day"
BILL = "SELECT status FROM bill WHERE bill_number = :number"


def take_money(cashier: Person, request_no: str, receipt: str) -> None:
    """Finds the bill by the request's number, and takes its amount in cash."""
    cashier.open("/desk/payments")
    cashier.fill("رقم الفاتورة أو الطلب", request_no)
    cashier.press("بحث")
    amount = cashier.read_value("المبلغ").split()[0]
    cashier.press("تسجيل سداد عند أمين الصندوق")
    cashier.fill("رقم الإيصال", receipt)
    cashier.tick("نقدًا")
    cashier.fill("المبلغ بالريال", amount)
    cashier.press("تسجيل السداد")
    assert "سُجل السداد" in cashier.read()


def upload_statement(person: Person, day: str, file: Path) -> None:
    person.open("/desk/payments/days")
    person.press("رفع كشف تسوية أمناء الصندوق")
    person.fill("اليوم", day)
    person.attach("ملف الكشف", str(file))
    person.press("رفع الكشف ومطابقته")


def test_a_difference_of_the_counter_is_found_by_another_person_and_cleared(
    town: Any, at_browser: Any, tmp_path: Path
) -> None:
    cashier, accountant = at_browser("qatif.cashier"), at_browser("qatif.officer")
    cashier.sign_in("desk", "التحصيل لدى أمين الصندوق")
    for building, receipt in PAYERS.items():
        request = request_bill(town, building)
        town.text_to(mobile_of(building), "فاتورة سداد")
        take_money(cashier, request["request_number"], receipt)
    taken = town.rows("payments", NIGHT)
    lines = [
        f"{place},{row.reference},{row.bill_number},{row.amount_halalas / 100:.2f}"
        for place, row in enumerate(taken, start=1)
    ]
    short, whole = tmp_path / "short.csv", tmp_path / "whole.csv"
    short.write_text("\n".join([HEADING, lines[0]]), "utf-8")
    whole.write_text("\n".join([HEADING, *lines]), "utf-8")
    yesterday = str(legal_day(datetime.now(UTC)) - timedelta(days=1))

    # The cashier may not reconcile the own day.
    cashier.sign_in("desk", "المبالغ المعلقة والمطابقة")
    upload_statement(cashier, yesterday, whole)
    assert "يرفع كشف التسوية شخص لم يُدخل سدادًا في يومه" in cashier.read()

    # The accountant sees the difference, and clears it with the bank's corrected statement.
    accountant.sign_in("desk", "المبالغ المعلقة والمطابقة")
    upload_statement(accountant, yesterday, short)
    assert "فرق واحد" in accountant.read()
    assert taken[1].reference in accountant.read()
    upload_statement(accountant, yesterday, whole)
    assert "لا فروق في هذا اليوم" in accountant.read()

    # The services' rows and the payers' telephones agree.
    day = town.row("payments", DAY, day=yesterday)
    assert (day.lines, day.payments, day.differences) == (2, 2, 0)
    for row, building in zip(taken, PAYERS, strict=True):
        assert town.row("payments", BILL, number=row.bill_number).status == "settled"
        assert town.text_to(mobile_of(building), "سُددت فاتورتكم", row.bill_number)
