"""A shop from the guide to activities to its licence: the owner applies, the two workers are examined and taught, each
bill is paid, and the licence comes by itself."""

from pathlib import Path
from typing import Any

from devstack.journeys.visitor import MARK
from devstack.stories.building import today
from devstack.stories.citizens import SHOP
from devstack.stories.health import PICTURE, id_of

from .person import Person
from .steps import in_days

OWNERS_MOBILE = "+966500000016"
SAFETY = "990000782"
WORKERS = (71, 72)  # last digits of the workers' numbers and mobiles
LICENCE = "SELECT licence_no, status FROM licence WHERE licence_no = :number"


def look_at_guide(visitor: Person) -> None:
    """Finds the activity by a word, and has the fee estimated."""
    visitor.open("/activities")
    visitor.fill("كلمة من اسم النشاط", "تموينات")
    visitor.press("عرض الأنشطة")
    visitor.press("تموينات")
    visitor.choose("البلدة", "سيهات")
    visitor.fill("المساحة بالمتر المربع", "60")
    visitor.fill("مدة الرخصة بالسنوات", "1")
    visitor.press("تقدير الرسم")
    assert "الرسم التقديري" in visitor.read()


def apply_for_licence(owner: Person) -> str:
    """Fills in the steps of the form, and sends the application. Returns its number."""
    owner.press("طلب رخصة لهذا النشاط")
    owner.fill("مدة الرخصة بالسنوات", "1")
    owner.press("حفظ ومتابعة")
    owner.choose("البلدة والحي", "الكوثر")
    owner.fill("خط العرض", "26.4834")
    owner.fill("خط الطول", "50.0468")
    owner.fill("المساحة بالمتر المربع", "60")
    owner.fill("رقم العقد في إيجار", "20000007802")
    owner.fill("بداية العقد", "2026-01-01")
    owner.fill("نهاية العقد", "2028-12-31")
    owner.fill("رقم شهادة السلامة", SAFETY)
    owner.fill("انتهاء شهادة السلامة", in_days(300))
    owner.press("حفظ ومتابعة")
    owner.choose("الرقم الموحد للمنشأة", SHOP)
    owner.fill("الاسم التجاري بالعربية", f"تموينات الواحة {MARK}")
    owner.choose("حجم المنشأة", "متناهية الصغر")
    owner.fill("اسم المالك", f"فاطمة علي {MARK}")
    owner.fill("جوال المالك", "0500000016")
    owner.fill("عدد العمال", "2")
    owner.press("حفظ ومتابعة")
    owner.press("المتابعة إلى المراجعة")
    owner.press("تقديم الطلب")
    assert "وصل طلبكم" in owner.read()
    return owner.heading().split()[-1]


def ask_for_certificate(owner: Person, worker: int, application_no: str, photo: Path) -> str:
    """Asks for a worker's health certificate. Returns the request's number."""
    owner.open("/my/health/apply")
    owner.choose("المهنة", "بائع أغذية")
    owner.fill("الاسم بالإنجليزية", f"Sample Worker {worker}")
    owner.tick("إقامة")
    owner.fill("رقم الهوية", id_of(worker))
    owner.fill("انتهاء الإقامة", in_days(400))
    owner.choose("الجنسية", "الهند")
    owner.fill("تاريخ الميلاد", "1994-03-02")
    owner.tick("ذكر")
    owner.fill("جوال العامل", f"05000007{worker}")
    owner.choose("لغة الرسائل", "الإنجليزية")
    owner.fill("رقم طلب الترخيص", application_no)
    owner.choose("المركز الطبي", "المركز الطبي بسيهات")
    owner.attach("صورة شخصية", str(photo))
    owner.press("تقديم الطلب")
    return owner.heading().split()[-1]


def enter_course(educator: Person, request_no: str) -> None:
    educator.open("/desk/health")
    educator.fill("رقم الطلب", request_no)
    educator.press("بحث")
    if "تسجيل اجتياز دورة" not in educator.read():
        educator.press(request_no)
    educator.press("تسجيل اجتياز دورة")
    educator.choose("الدورة", "التثقيف الصحي لمتداولي الأغذية")
    educator.choose("لغة الدورة", "الأردية")
    educator.fill("يوم الاجتياز", today())
    educator.press("تسجيل الاجتياز")
    assert "سُجل الاجتياز" in educator.read()


def enter_result(centre: Person, request_no: str, worker: int) -> None:
    """Finds the worker by both numbers, compares the document, and enters the result."""
    centre.open("/centre/examinations")
    centre.fill("رقم الطلب", request_no)
    centre.fill("رقم هوية العامل", id_of(worker))
    centre.press("بحث عن العامل")
    centre.tick("قارنت الاسم وتاريخ الميلاد بوثيقة العامل")
    centre.tick("لائق")
    centre.fill("يوم الفحص", today())
    centre.fill("رقم ترخيص الفاحص", "12-RM-0012345")
    centre.tick("لائق", beside="أعيدوا اختيار النتيجة")
    centre.press("تسجيل النتيجة")
    centre.await_words("سُجلت")


def pay_bill_of_page(owner: Person, town: Any) -> None:
    """Waits until the page shows a bill with its number, and pays it."""
    owner.await_words("رقم الفاتورة", "بانتظار السداد")
    town.pay(owner.read_value("رقم الفاتورة"))


def test_a_shop_goes_from_the_guide_to_its_licence_with_two_workers(
    town: Any, at_browser: Any, tmp_path: Path
) -> None:
    town.record_fact("civil-defence", SAFETY, {"expires_on": in_days(300)})
    photo = tmp_path / "worker.png"
    photo.write_bytes(PICTURE)
    owner = at_browser("citizen.a")

    # The owner adds the establishment, and signs in anew to act for it.
    owner.sign_in_nationally()
    owner.open("/my/delegations/claim")
    owner.fill("الرقم الموحد للمنشأة", SHOP)
    owner.press("إضافة")
    assert "صرتم تعملون عن منشأتكم" in owner.read()
    owner.sign_in_nationally()

    # The guide leads to the application, and the application waits for the workers' certificates.
    look_at_guide(owner)
    application_no = apply_for_licence(owner)
    application = owner.address

    # The workers are taught and examined, and their bills are paid.
    educator, centre = at_browser("qatif.officer"), at_browser("saihat-centre.desk")
    educator.sign_in("desk", "التثقيف الصحي")
    centre.sign_in("centre", "فحوص الشهادات الصحية")
    for worker in WORKERS:
        request_no = ask_for_certificate(owner, worker, application_no, photo)
        pay_bill_of_page(owner, town)
        enter_course(educator, request_no)
        enter_result(centre, request_no, worker)
        owner.await_words("رقم الشهادة")
        certificate_no = owner.read_value("رقم الشهادة")
        assert town.text_to(f"05000007{worker}", certificate_no)

    # The shop's own bill is the last thing that its licence waits for.
    owner.open(application)
    pay_bill_of_page(owner, town)
    owner.await_words("منجز")
    owner.press("عرض الرخصة")
    number = owner.heading().split()[-1]
    assert town.row("licences", LICENCE, number=number).status == "valid"
    assert town.text_to(OWNERS_MOBILE, number)
