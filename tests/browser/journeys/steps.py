"""Steps that several journeys take."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from devstack.journeys.visitor import MARK, json_of
from devstack.stories.building import application_of
from saudi.days import legal_day

from .person import Person, await_condition

_NUMBER, _CODE = re.compile(r"\b14[0-9]{8,}\b", re.ASCII), re.compile(r"\b[0-9]{6}\b", re.ASCII)
_LINK = re.compile(r"https?://\S+")
OFFICE = "رخص البناء: الطلبات والشهادات وإطلاق التيار"
REVIEW = "مراجعة طلبات الرخص والمعاينة"
# From a request for a permit to its bill: who acts, the step at `permits`, and its words on the page. The person who
# reviews isn't the person who approves.
TO_PAYMENT = (
    ("qatif.officer", "send-to-office", "إحالة إلى المكتب الهندسي"),
    ("qatif.officer", "send-to-technical-review", "إحالة إلى التدقيق الفني"),
    ("qatif.reviewer", "pass-technical-review", "اجتياز التدقيق الفني"),
    ("qatif.officer", "approve", "اعتماد الطلب"),
    ("qatif.reviewer", "request-payment", "طلب سداد الرسوم"),
)


def in_days(days: int) -> str:
    """Returns the day in so many days, as it's typed."""
    return str(legal_day(datetime.now(UTC)) + timedelta(days=days))


def number_in(words: str) -> str:
    """Returns the number of a report in the words of a page."""
    found = _NUMBER.search(words)
    assert found is not None, words
    return found.group()


def link_in(words: str) -> str:
    """Returns the link in a text."""
    found = _LINK.search(words)
    assert found is not None, words
    return found.group()


def code_in(words: str) -> str:
    """Returns the one-time code in a text."""
    found = _CODE.search(words)
    assert found is not None, words
    return found.group()


def take_action(person: Person, words: str, typed: Mapping[str, str] | None = None) -> None:
    """Opens the form of an action by its link, fills in fields by their labels, and presses the button of the same
    words."""
    person.press(words)
    for label, text in (typed or {}).items():
        person.fill(label, text)
    person.press(words)


def open_report(person: Person, number: str) -> None:
    """Finds a report by its number on the list of the person's task."""
    person.open("/desk/reports")
    person.fill("رقم البلاغ", number)
    person.press("عرض البلاغ")


def file_report(town: Any, mobile: str) -> dict[str, Any]:
    """Files a report by telephone. Its department has it at once."""
    report = {
        "channel": "call",
        "category": "street-unswept",
        "description": f"الشارع لم يُكنس منذ أسبوع {MARK}",
        "location": {"town": "سيهات", "latitude": 26.4834, "longitude": 50.0468},
        "reporter": {"name": f"علي آل تجربة {MARK}", "mobile": mobile},
    }
    filed: dict[str, Any] = json_of(
        town.post("qatif.operator", "/v1/reports", report, "reports"), 201
    )
    return filed


def treat_report(department: Person, photo: str) -> None:
    """Begins the work on the container of the report that the page shows, and records what was done, with a photo."""
    take_action(department, "مباشرة البلاغ")
    department.press("تسجيل المعالجة")
    department.fill("ما تم عمله", f"أُفرغت الحاوية {MARK}")
    department.attach("صورة بعد المعالجة", photo)
    department.press("تسجيل المعالجة")


def file_request(town: Any, number: int) -> dict[str, Any]:
    """Files the request for a permit of a house, as an engineering office's system does."""
    sent = town.post("qatif.clerk", "/v1/permit-requests", application_of(number), "permits")
    request: dict[str, Any] = json_of(sent, 201)
    return request


def bring_to_payment(officer: Person, reviewer: Person, request: dict[str, Any]) -> None:
    """Takes a request for a permit to its bill, on the pages."""
    people = {"qatif.officer": officer, "qatif.reviewer": reviewer}
    for who, _, words in TO_PAYMENT:
        people[who].open(f"/desk/permits/requests/{request['request_id']}")
        take_action(people[who], words)


def request_bill(town: Any, number: int) -> dict[str, Any]:
    """Takes a request for a permit to its bill without pages, where the journey begins with the bill."""
    request = file_request(town, number)
    at = f"/v1/permit-requests/{request['request_id']}"
    for who, step, _ in TO_PAYMENT:
        json_of(town.post(who, f"{at}/{step}", {}, "permits"), 200)
    return request


def inquire(
    person: Person, kind: str, number: str, mobile: str, *, until: str, branch: str = ""
) -> None:
    """Asks how far a thing is by its number and a mobile, as everybody can, until the page says `until`."""

    def ask() -> bool:
        person.open("/inquiry")
        person.press(kind)
        person.fill(f"رقم {kind}", number)
        person.fill("جوال", mobile)
        if branch:
            person.choose("الفرع", branch)
        person.press("استعلام")
        return until in person.read()

    await_condition(ask, person.read)


def pay_by_text(town: Any, mobile: str) -> str:
    """Pays the open bill that a text names, as people do in their bank's application. Returns its number."""
    bill = await_condition(lambda: town.open_bill(town.texts(mobile)), lambda: town.texts(mobile))
    town.pay(bill)
    return str(bill)
