"""A permit from the request to occupancy: two persons of the permits' office, the electricity company's inspector, the
owner, who pays by the number in the text."""

from typing import Any

from devstack.journeys.visitor import MARK, json_of, new_key
from devstack.stories.building import mobile_of, today

from .person import Person
from .steps import (
    OFFICE,
    REVIEW,
    bring_to_payment,
    file_request,
    inquire,
    pay_by_text,
    take_action,
)

BUILDING = 86
INSPECTOR = f"م. سعيد {MARK}"
STAGES = {"الجدران": "0.35", "السقف": "0.25", "النوافذ": "1.8"}
PERMIT = "SELECT * FROM permit WHERE permit_number = :number"
OCCUPANCY = (
    "SELECT certificate_number, status FROM certificate"
    " WHERE permit_id = :permit AND kind = 'occupancy'"
)
AT_COMPANY = "SELECT 1 FROM building_permit WHERE permit_number = :number"


def enter_insulation(inspector: Person, town: Any, number: str) -> None:
    """Finds the permit as the company's inspector, enters the three stages, and gives the certificate its number, which
    the company's own system does."""
    inspector.sign_in("sec", "تسجيل معاينة العزل")
    for stage, u_value in STAGES.items():
        inspector.open("/sec/permits")
        inspector.fill("رقم الرخصة", number)
        inspector.press("بحث")
        inspector.press(number)
        inspector.press("تسجيل معاينة عزل")
        inspector.tick(stage)
        inspector.tick("مجتاز")
        inspector.fill("يوم المعاينة", today())
        inspector.fill("اسم المفتش", INSPECTOR)
        inspector.fill("معامل الانتقال الحراري", u_value)
        inspector.press("تسجيل المعاينة")
        inspector.await_words("نافذ")
    certificate = {
        "permit_number": number,
        "municipality": "central-qatif",
        "certificate_number": "SEC-TI-86",
    }
    who, path = "sec.insulation-inspector", "/v1/insulation-certificates"
    json_of(town.post(who, path, certificate, headers=new_key()), 202)


def test_a_permit_goes_from_the_request_to_occupancy(town: Any, at_browser: Any) -> None:
    request, mobile = file_request(town, BUILDING), mobile_of(BUILDING)
    officer, reviewer = at_browser("qatif.officer"), at_browser("qatif.reviewer")
    officer.sign_in("desk", OFFICE)
    reviewer.sign_in("desk", REVIEW)

    # Two persons decide; the owner pays by the number in the text.
    bring_to_payment(officer, reviewer, request)
    pay_by_text(town, mobile)
    officer.open(f"/desk/permits/requests/{request['request_id']}")
    officer.await_words("سداد الرسوم متحقق")
    take_action(officer, "إصدار الرخصة")
    permit_page, number = officer.address, officer.heading().split()[-1]

    # The company's inspector passes the insulation, and the building is complete.
    town.row_once("partner-gateway", AT_COMPANY, number=number)
    enter_insulation(at_browser("sec.insulation-inspector"), town, number)
    officer.open(permit_page)
    officer.await_words("شهادة عزل حراري سارية متحقق")
    seen = {"يوم المعاينة": today(), "اسم المعاين": INSPECTOR}
    take_action(officer, "إصدار شهادة إتمام البناء", seen)

    # The owner asks for occupancy; the building is inspected, and the certificate is signed.
    officer.open(permit_page)
    officer.press("طلب شهادة إشغال")
    officer.choose("نوع الشهادة", "نهائية")
    officer.fill("كيف يُستعمل المبنى", "سكن عائلة واحدة")
    officer.fill("عدد الشاغلين", "6")
    officer.fill("عنوان المالك", f"القطيف، الخزامى {MARK}")
    officer.tick("أنظمة الوقاية من الحريق متوفرة")
    officer.press("طلب شهادة إشغال")
    officer.press("تسجيل معاينة المبنى")
    officer.choose("النتيجة", "مجتازة")
    officer.fill("يوم المعاينة", today())
    officer.fill("اسم المعاين", INSPECTOR)
    officer.press("تسجيل معاينة المبنى")
    signatory = {"اسم الموقّع": f"م. أحمد {MARK}", "صفته": "رئيس البلدية"}
    take_action(officer, "إصدار شهادة الإشغال", signatory)
    assert "صادرة" in officer.read()

    # The owner's telephone, the services' rows, and everybody's inquiry say the same.
    permit = town.row("permits", PERMIT, number=number)
    certificate = town.row("permits", OCCUPANCY, permit=permit.permit_id)
    assert (permit.status, certificate.status) == ("completed", "issued")
    assert town.text_to(mobile, "صدرت رخصة البناء", number)
    assert town.text_to(mobile, "صدرت شهادة إتمام البناء")
    assert town.text_to(mobile, "صدرت شهادة الإشغال", certificate.certificate_number)
    inquire(
        at_browser(), "شهادة إشغال", certificate.certificate_number, mobile,
        branch="بلدية وسط القطيف", until="صادرة",
    )  # fmt: skip
