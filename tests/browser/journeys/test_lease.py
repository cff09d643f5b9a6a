"""A lease from the publication to the award: the office publishes it, somebody follows it by text and asks a question,
bids are received sealed, one committee opens them, another one awards."""

from typing import Any

from devstack.journeys.visitor import MARK

from .person import Person
from .steps import code_in, in_days, take_action

FOLLOWER = "0500000331"
TITLE = f"تأجير كشك على كورنيش سيهات {MARK}"
QUESTION = f"هل في الموقع كهرباء؟ {MARK}"
BIDS = {
    "F-101": ("شركة الموج", "7000000021", "60000.00"),
    "F-102": ("مؤسسة الشاطئ", "7000000039", "72000.00"),
}
DAYS_PASS = (
    "UPDATE lease SET published_at = published_at - interval '40 days',"
    " questions_until = questions_until - interval '40 days',"
    " bids_until = bids_until - interval '40 days', opens_at = opens_at - interval '40 days'"
    " WHERE number = :number RETURNING lease_id::text"
)
ROW = "SELECT status FROM lease WHERE number = :number"


def draft_lease(officer: Person) -> None:
    officer.open("/desk/leases/new")
    officer.choose("البلدية", "بلدية سيهات")
    officer.fill("العنوان بالعربية", TITLE)
    officer.fill("العنوان بالإنجليزية", "Lease of a kiosk (sample data)")
    officer.fill("الوصف بالعربية", f"كشك لبيع القهوة {MARK}")
    officer.fill("الوصف بالإنجليزية", "A kiosk for coffee (sample data)")
    officer.choose("نوع التأجير", "تأجير مؤقت")
    officer.fill("النشاط بالعربية", "مقهى")
    officer.fill("النشاط بالإنجليزية", "Coffee shop")
    officer.fill("الحي", "الكورنيش")
    officer.fill("المساحة بالمتر المربع", "24.5")
    officer.fill("المدة بالأيام", "90")
    officer.fill("الحد الأدنى للأجرة", "50000.00")
    officer.fill("ثمن كراسة الشروط", "500.00")
    officer.fill("الضمان الابتدائي", "25")
    officer.fill("آخر يوم للأسئلة", in_days(10))
    officer.fill("آخر يوم لتقديم العروض", in_days(20))
    officer.fill("يوم فتح العروض", in_days(21))
    officer.press("حفظ المسودة")


def follow_lease(follower: Person, town: Any) -> None:
    """Follows the lease of the page with a code from a text."""
    follower.press("متابعة برسائل نصية")
    follower.fill("الجوال", FOLLOWER)
    follower.press("إرسال الرمز")
    follower.fill("الرمز", code_in(town.text_to(FOLLOWER, "رمز التحقق")))
    follower.press("متابعة")
    assert "ستصلكم رسائل هذه المتابعة" in follower.read()


def receive_bids(clerk: Person, lease: str) -> None:
    for receipt in BIDS:
        clerk.open(lease)
        clerk.press("تسجيل استلام عرض")
        clerk.fill("رقم المظروف", receipt)
        clerk.choose("المصدر", "مظروف ورقي")
        clerk.press("تسجيل استلام عرض")


def open_bids(opening: Person, lease: str) -> None:
    opening.open(lease)
    opening.press("فتح العروض")
    opening.fill("رقم محضر الفتح", "م-1")
    for receipt, (bidder, establishment, amount) in BIDS.items():
        opening.fill(f"العرض {receipt}: مقدمه", f"{bidder} {MARK}")
        opening.fill(f"العرض {receipt}: الرقم الموحد", establishment)
        opening.fill(f"العرض {receipt}: المبلغ", amount)
        opening.choose(f"العرض {receipt}: قرار اللجنة", "مقبول")
    opening.press("تسجيل الفتح")


def test_a_lease_goes_from_the_publication_to_the_award(town: Any, at_browser: Any) -> None:
    # The office drafts and publishes.
    officer = at_browser("qatif.tender-officer")
    officer.sign_in("desk", "المنافسات والمزايدات: الإعداد والنشر")
    draft_lease(officer)
    take_action(officer, "نشر")
    lease, number = officer.address.partition("?")[0], officer.read_value("الرقم")

    # Somebody follows it with a code from a text, and asks.
    follower = at_browser()
    follower.open("/auctions")
    follower.press(TITLE)
    follow_lease(follower, town)
    follower.press("طرح سؤال")
    follower.fill("السؤال", QUESTION)
    follower.press("إرسال السؤال")
    officer.open(lease)
    officer.press("إجابة")
    officer.fill("الإجابة", f"نعم، عداد مستقل {MARK}")
    officer.press("نشر الإجابة")
    assert town.text_to(FOLLOWER, "نُشرت إجابة عن سؤال", number)

    # Two sealed bids are received; after the deadline a committee opens them, and another one awards.
    clerk = at_browser("qatif.clerk")
    clerk.sign_in("desk", "استلام العروض")
    receive_bids(clerk, lease)
    town.row("tenders", DAYS_PASS, number=number)
    opening = at_browser("qatif.opening-committee")
    opening.sign_in("desk", "لجنة فتح العروض")
    open_bids(opening, lease)
    award = at_browser("qatif.award-committee")
    award.sign_in("desk", "لجنة الترسية والعقود")
    award.open(lease)
    award.press("ترسية")
    award.choose("العرض الفائز", "F-102")
    award.fill("رقم محضر اللجنة", "م-2")
    award.press("ترسية")

    # The follower's telephone, the row and everybody's page say the same.
    assert town.text_to(FOLLOWER, "رُسيت المزايدة", number)
    assert town.row("tenders", ROW, number=number).status == "awarded"
    follower.open(f"/auctions/{number}")
    assert "مؤسسة الشاطئ" in follower.read()
