"""A day of the officer who refers reports: calls come in, two are the same thing, one lacks a word from the caller, one
is another body's; at the end the month's table has them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devstack.journeys.visitor import MARK
from saudi.days import legal_day

from .person import Person
from .photos import take_photo
from .steps import link_in, number_in, open_report, take_action, treat_report

FIRST, SAME, ASKED, ELSEWHERE = (f"050000031{place}" for place in range(4))
STATUS = "SELECT status FROM report WHERE report_number = :number"


def take_call(operator: Person, kind: str, landmark: str, mobile: str) -> str:
    """Files a report for a caller. Returns its number, which is read out."""
    operator.open("/desk/calls")
    operator.press(kind)
    operator.fill("ما يقوله المتصل", f"بلاغ هاتفي {MARK}")
    operator.choose("البلدة", "صفوى")
    operator.fill("علامة قريبة", landmark)
    operator.fill("الاسم", f"متصل تجريبي {MARK}")
    operator.fill("الجوال", mobile)
    operator.press("تقديم البلاغ")
    return number_in(operator.read())


def join_reports(officer: Person, number: str, main_number: str) -> None:
    open_report(officer, number)
    officer.press("وسم بأنه مكرر")
    officer.fill("رقم البلاغ الآخر", main_number)
    officer.fill("ملاحظة", f"الحاوية نفسها {MARK}")
    officer.press("وسم بأنه مكرر")


def answer_question(caller: Person, link: str) -> None:
    caller.open(link)
    caller.fill("جوابكم", f"الجانب الشرقي {MARK}")
    caller.press("إرسال الجواب")


def link_with_body(officer: Person, number: str) -> None:
    open_report(officer, number)
    officer.press("ربط بجهة أخرى")
    officer.choose("الجهة", "شركة المياه الوطنية")
    officer.fill("رقم المعاملة لدى الجهة", "1448-77")
    officer.press("ربط بجهة أخرى")


def test_an_officer_goes_through_the_reports_of_a_day(
    town: Any, at_browser: Any, tmp_path: Path
) -> None:
    operator, officer = at_browser("qatif.operator"), at_browser("qatif.report-officer")
    operator.sign_in("desk", "استقبال اتصالات مركز البلاغات")
    officer.sign_in("desk", "إحالة البلاغات ومتابعتها")
    first = take_call(operator, "حاوية ممتلئة", "مسجد الرحمة", FIRST)
    same = take_call(operator, "حاوية ممتلئة", "مسجد الرحمة", SAME)
    asked = take_call(operator, "نفايات مبعثرة", "المدرسة", ASKED)
    elsewhere = take_call(operator, "شارع غير مكنوس", "السوق", ELSEWHERE)

    # Two callers mean the same container.
    join_reports(officer, same, first)
    assert town.text_to(SAME, "ضُم بلاغكم", same)

    # One caller answers a question by the text's link.
    open_report(officer, asked)
    take_action(officer, "سؤال المبلّغ", {"السؤال": f"في أي جانب من المدرسة؟ {MARK}"})
    answer_question(at_browser(), link_in(town.text_to(ASKED, "سؤال عن بلاغكم", asked)))
    open_report(officer, asked)
    assert "الجانب الشرقي" in officer.read()

    # One thing is another body's.
    link_with_body(officer, elsewhere)
    assert town.text_to(ELSEWHERE, "أُحيل بلاغكم", elsewhere)

    # The department empties the container, the officer closes the report, and both callers are told.
    cleaning = at_browser("qatif.cleaning")
    cleaning.sign_in("desk", "معالجة بلاغات إدارتي")
    open_report(cleaning, first)
    treat_report(cleaning, take_photo(tmp_path))
    open_report(officer, first)
    take_action(officer, "إغلاق البلاغ")
    for mobile, number in ((FIRST, first), (SAME, same)):
        assert town.text_to(mobile, "عولج بلاغكم", number)

    # The month's table, and the rows.
    officer.sign_in("desk", "الجدول الشهري للبلاغات")
    officer.fill("الشهر", legal_day(datetime.now(UTC)).strftime("%Y-%m"))
    officer.press("عرض")
    assert "بلدية صفوى نظافة" in officer.read()
    found = {
        number: town.row("reports", STATUS, number=number).status
        for number in (first, same, asked, elsewhere)
    }
    assert found == {
        first: "closed",
        same: "closed",
        asked: "assigned",
        elsewhere: "waiting_external",
    }
