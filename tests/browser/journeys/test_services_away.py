"""A service is killed: everybody's inquiry still answers, the desk says which service is away, and no typed word is
lost."""

from typing import Any

from devstack.journeys.visitor import MARK
from devstack.stories.building import mobile_of

from .person import Person
from .steps import OFFICE, file_report, file_request, inquire

NOTE = f"زرت الموقع قرب المسجد {MARK}"
ADD_NOTE, TO_OFFICE = "إضافة ملاحظة داخلية", "إحالة إلى المكتب الهندسي"
WITH_DEPARTMENT, DRAFT = "محال إلى الإدارة المختصة", "مسودة"
COUNT_NOTES = "SELECT count(*) FROM remark WHERE report_id = :report AND kind = 'note'"
BUILDING = 84


def write_note(officer: Person, report: dict[str, Any]) -> None:
    officer.sign_in("desk", "إحالة البلاغات ومتابعتها")
    officer.open(f"/desk/reports/{report['report_id']}")
    officer.press(ADD_NOTE)
    officer.fill("الملاحظة", NOTE)


def test_without_reports_a_note_waits_on_its_page_and_is_saved_once(town, at_browser):
    mobile = "0500000201"
    report = file_report(town, mobile)
    number = report["report_number"]
    officer, caller = at_browser("qatif.report-officer"), at_browser()
    inquire(caller, "بلاغ", number, mobile, until=WITH_DEPARTMENT)
    write_note(officer, report)

    with town.without("reports"):
        officer.press(ADD_NOTE)
        assert "خدمة البلاغات غير متاحة الآن" in officer.read()
        assert officer.value_of("الملاحظة") == NOTE
        inquire(caller, "بلاغ", number, mobile, until=WITH_DEPARTMENT)

    officer.press(ADD_NOTE)
    assert f"حُفظ: {ADD_NOTE}" in officer.read()
    assert town.row("reports", COUNT_NOTES, report=report["report_id"]).count == 1


def test_without_permits_a_note_waits_on_its_page_and_the_request_goes_on(town, at_browser):
    request, mobile = file_request(town, BUILDING), mobile_of(BUILDING)
    asked = ("طلب رخصة بناء", request["request_number"], mobile)
    officer, owner = at_browser("qatif.officer"), at_browser()
    inquire(owner, *asked, branch="بلدية وسط القطيف", until=DRAFT)
    officer.sign_in("desk", OFFICE)
    officer.open(f"/desk/permits/requests/{request['request_id']}")
    officer.press(TO_OFFICE)
    officer.fill("ملاحظة داخلية", NOTE)

    with town.without("permits"):
        officer.press(TO_OFFICE)
        assert "خدمة الرخص غير متاحة الآن" in officer.read()
        assert officer.value_of("ملاحظة داخلية") == NOTE
        inquire(owner, *asked, branch="بلدية وسط القطيف", until=DRAFT)

    officer.press(TO_OFFICE)
    assert f"حُفظ: {TO_OFFICE}" in officer.read()
    statement = "SELECT status FROM permit_request WHERE request_id = :request"
    assert town.row("permits", statement, request=request["request_id"]).status == "with_office"


def test_without_identity_a_form_whose_token_wore_out_comes_back_as_it_was_typed(town, at_browser):
    mobile = "0500000202"
    report = file_report(town, mobile)
    number = report["report_number"]
    officer, caller = at_browser("qatif.report-officer"), at_browser()
    inquire(caller, "بلاغ", number, mobile, until=WITH_DEPARTMENT)
    write_note(officer, report)

    with town.without("identity"):
        town.wear_out_tokens()
        officer.press(ADD_NOTE)
        assert "خدمة تسجيل الدخول غير متاحة الآن" in officer.read()
        inquire(caller, "بلاغ", number, mobile, until=WITH_DEPARTMENT)

    officer.open(officer.address)
    assert officer.value_of("الملاحظة") == NOTE
    officer.press(ADD_NOTE)
    assert f"حُفظ: {ADD_NOTE}" in officer.read()
    assert town.row("reports", COUNT_NOTES, report=report["report_id"]).count == 1
