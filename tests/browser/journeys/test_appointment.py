"""An appointment: a visitor books with a code from a text, takes another time, and is served at the counter; the
visitor's pages are in English."""

import re
from typing import Any

from devstack.journeys.visitor import MARK

from .person import Person
from .steps import code_in

MOBILE = "0500000321"
_TIME = re.compile(r"\b[0-9]{2}:[0-9]{2}\b", re.ASCII)
# The day comes: the appointment begins now.
DAY_COMES = (
    "UPDATE appointment SET starts_at = date_trunc('minute', now()),"
    " ends_at = date_trunc('minute', now()) + interval '15 minutes'"
    " WHERE appointment_number = :number RETURNING appointment_id::text"
)
ROW = "SELECT status FROM appointment WHERE appointment_number = :number"


def choose_last_time(visitor: Person) -> None:
    visitor.press(_TIME.findall(visitor.read())[-1])


def test_a_visitor_books_takes_another_time_and_is_served(town: Any, at_browser: Any) -> None:
    # A time is held, the code comes by text, and the appointment is booked.
    visitor = at_browser(language="en")
    visitor.open("/appointments")
    visitor.press("Inquiry about a transaction", beside="Qatif Governorate Municipality")
    visitor.press("Next days")
    choose_last_time(visitor)
    visitor.fill("Name", f"علي آل تجربة {MARK}")
    visitor.fill("Mobile", MOBILE)
    visitor.press("Next: the code")
    visitor.fill("Code", code_in(town.text_to(MOBILE, "code")))
    visitor.press("Book the appointment")
    assert "The appointment is booked" in visitor.read()
    number = visitor.read_value("Number of the appointment")
    assert town.text_to(MOBILE, number)

    # Another time suits better.
    visitor.press("Change the time")
    visitor.press("Next days")
    choose_last_time(visitor)
    visitor.press("Move the appointment")
    assert "The appointment was moved" in visitor.read()

    # The day comes. The clerk greets, calls and serves the visitor.
    town.row("appointments", DAY_COMES, number=number)
    clerk = at_browser("qatif.clerk")
    clerk.sign_in("desk", "استقبال أصحاب المواعيد")
    clerk.press("تسجيل الحضور", beside=number)
    clerk.press("نداء إلى الشباك", beside=number)
    clerk.fill("رقم الشباك", "2")
    clerk.press("نداء إلى الشباك")
    clerk.press("إتمام الخدمة", beside=number)
    assert "تمت الخدمة" in clerk.read()
    assert town.row("appointments", ROW, number=number).status == "served"
