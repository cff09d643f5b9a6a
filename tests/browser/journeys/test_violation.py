"""A violation from the inspection to the refund: the inspector fines somebody, who pays and is found right afterwards;
two persons of the accounts give the money back, to the account that the payer gave."""

from pathlib import Path
from typing import Any

from devstack.journeys.visitor import MARK

from .person import Person
from .photos import take_photo
from .steps import pay_by_text, take_action

OFFENDER, MOBILE = "citizen.b", "+966500000024"
ITEM = "رمي المخلفات في غير أماكنها"
ROW = "SELECT status FROM violation WHERE violation_no = :number"
MONEY = "SELECT status, transfer FROM payment WHERE bill_number = :number"
IBAN, TRANSFER = "SA0380000000608010167519", "TR-448"


def record_violation(inspector: Person, known: dict[str, Any], photo: str) -> None:
    inspector.press("رصد مخالفة")
    inspector.choose("بند الجدول", ITEM)
    inspector.fill("اسم المخالف أو المنشأة", known["display_name"])
    inspector.choose("نوع الرقم", "هوية وطنية")
    inspector.fill("رقم المخالف", known["id_number"])
    inspector.fill("جوال المخالف", "0500000024")
    inspector.choose("الموقع", "الكوثر")
    inspector.fill("ملاحظة للزملاء", f"مخلفات أمام المنزل {MARK}")
    inspector.attach("صور المخالفة", photo)
    inspector.press("رصد المخالفة")


def give_account(offender: Person) -> None:
    """Finds on the start page that money goes back, and gives the account for it."""
    offender.open("/my/start")
    offender.await_words("أدخلوا رقم آيبان باسم من سدد")
    offender.open("/my/refunds")
    offender.press("إدخال الحساب")
    offender.fill("رقم الآيبان", IBAN)
    offender.press("حفظ الحساب")
    offender.await_words("حُفظ رقم الحساب", "SA03")


def propose_refund(accountant: Person, bill: str) -> None:
    """Finds the money that its owner wants back by the bill's number, and proposes to give it back."""
    accountant.press("يُطلب ردها")
    accountant.await_words(bill)
    accountant.press(beside=bill)
    accountant.await_words("الحساب الذي أدخله من سدد")
    take_action(accountant, "اقتراح رد المبلغ", {"السبب": f"أُلغيت المخالفة {MARK}"})


def test_a_fine_that_was_paid_and_cancelled_goes_back(
    town: Any, at_browser: Any, tmp_path: Path
) -> None:
    # The inspector records what is seen, writes the minutes and notifies the offender.
    inspector, known = at_browser("qatif.inspector"), town.known(OFFENDER)
    inspector.sign_in("desk", "معاينة المحلات ورصد المخالفات")
    record_violation(inspector, known, take_photo(tmp_path))
    number = inspector.heading().split()[-1]
    take_action(inspector, "تحرير محضر الضبط", {"ما وجدتموه": f"أكياس على الرصيف {MARK}"})
    take_action(inspector, "إبلاغ المخالف بالغرامة")
    violation = inspector.address.partition("?")[0]
    assert town.text_to(MOBILE, "سُجلت مخالفة بلدية", number)

    # The offender pays. Another officer than the inspector finds that somebody else did it.
    bill = pay_by_text(town, MOBILE)
    inspector.await_words("مسددة")
    officer = at_browser("qatif.licence-officer")
    officer.sign_in("desk", "البت في الاعتراضات على المخالفات")
    officer.open(violation)
    take_action(officer, "إلغاء المخالفة", {"السبب": f"رماها غيره {MARK}"})
    assert "ملغاة" in officer.read()
    assert town.text_to(MOBILE, "أُلغيت المخالفة", number)

    # The offender gives the account, behind the national login.
    offender = at_browser(OFFENDER)
    offender.sign_in_nationally()
    give_account(offender)

    # The accountant proposes the refund, a second person agrees, and the bank carries it out.
    accountant, second = at_browser("qatif.cashier"), at_browser("qatif.cashier-second")
    accountant.sign_in("desk", "المبالغ المعلقة والمطابقة")
    propose_refund(accountant, bill)
    payment = accountant.address.partition("?")[0]
    second.sign_in("desk", "الموافقة على القرارات المالية")
    second.open(payment)
    take_action(second, "الموافقة على الاقتراح", {"ملاحظة": f"طابقت الآيبان {MARK}"})
    accountant.open(payment)
    take_action(accountant, "تسجيل تحويل المبلغ المردود", {"رقم التحويل": TRANSFER})

    # The telephone, the rows and the offender's own page say the same.
    assert town.text_to(MOBILE, "حُول إليكم", bill)
    money = town.row("payments", MONEY, number=bill)
    assert (money.status, money.transfer) == ("refunded", TRANSFER)
    assert town.row("licences", ROW, number=number).status == "cancelled"
    offender.open("/my/refunds")
    offender.await_words("حُول إلى حسابكم", TRANSFER)
    offender.open("/my/licences")
    offender.press(f"المخالفة رقم {number}")
    offender.await_words("المبالغ المردودة", "رُد")
