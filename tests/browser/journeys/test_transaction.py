"""A transaction from the entry to the decision: a citizen enters it, the registry refers it, the department asks for a
word, decides, and answers by a letter."""

from typing import Any

from devstack.journeys.visitor import MARK

from .steps import inquire, take_action

CITIZEN, MOBILE = "citizen.b", "+966500000024"
ROW = "SELECT status FROM transaction WHERE number = :number"


def test_a_transaction_goes_from_the_entry_to_the_decision(town: Any, at_browser: Any) -> None:
    citizen = at_browser(CITIZEN)
    citizen.sign_in_nationally()
    citizen.open("/my/transactions/new")
    citizen.press("طلب عام")
    citizen.choose("البلدية", "بلدية سيهات")
    citizen.fill("الموضوع", f"صورة من مخطط الحي {MARK}")
    citizen.press("تقديم المعاملة")
    assert "قُيدت المعاملة" in citizen.read()
    own, number = citizen.address.partition("?")[0], citizen.heading().split()[-1]
    assert town.text_to(MOBILE, "قُيدت معاملتكم", number)

    # The registry refers it, and the department asks the citizen for a word.
    registry, survey = at_browser("qatif.registry"), at_browser("qatif.survey")
    registry.sign_in("desk", "قيد المعاملات ومتابعتها")
    registry.fill("رقم المعاملة", number)
    registry.press("بحث")
    registry.press(number)
    registry.press("إحالة")
    registry.choose("الإدارة", "المساحة")
    registry.fill("المطلوب من الإدارة", f"للاختصاص {MARK}")
    registry.press("إحالة")
    survey.sign_in("desk", "البت في المعاملات")
    survey.press(number)
    take_action(
        survey, "إعادة للاستكمال", {"المطلوب من مقدم المعاملة": f"اكتبوا رقم المخطط {MARK}"}
    )
    assert town.text_to(MOBILE, "أعيدت معاملتكم", number)
    citizen.open(own)
    citizen.press("استكمال المطلوب")
    citizen.fill("ردكم", f"713/7 {MARK}")
    citizen.press("إرسال الاستكمال")

    # The department decides, and answers by a letter.
    survey.open(survey.address.partition("?")[0])
    survey.press("البت في المعاملة")
    survey.choose("القرار", "قبول")
    survey.fill("نص القرار", f"لا مانع {MARK}")
    survey.press("البت في المعاملة")
    letter = {"الموضوع": f"إفادة {MARK}", "نص الخطاب": f"نفيدكم بإرفاق صورة المخطط {MARK}"}
    take_action(survey, "إصدار خطاب", letter)
    assert town.text_to(MOBILE, "تمت الموافقة على معاملتكم", number)
    citizen.open(own)
    assert "الخطاب" in citizen.read()
    assert town.row("transactions", ROW, number=number).status == "approved"
    inquire(at_browser(), "معاملة", number, "0500000024", until="تمت الموافقة")
