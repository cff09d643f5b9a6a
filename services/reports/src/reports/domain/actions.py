"""The titles of actions in the history, in Arabic and English."""

from saudi.bilingual import Bilingual

TITLES = {
    "file": Bilingual("تلقي البلاغ", "Filed"),
    "refer": Bilingual("إحالة", "Referred"),
    "return": Bilingual("إعادة إلى موظف البلاغات", "Sent back to the report officer"),
    "start": Bilingual("مباشرة", "Work begun"),
    "complete_work": Bilingual("إنجاز المقاول", "Contractor's work done"),
    "link_external": Bilingual("ربط بجهة أخرى", "Linked to another body"),
    "ask": Bilingual("طلب معلومات من المبلّغ", "Asked the reporter"),
    "ask_again": Bilingual("إعادة إرسال رابط السؤال", "The question's link was sent again"),
    "answer": Bilingual("رد المبلّغ", "The reporter answered"),
    "resolve": Bilingual("معالجة", "Treated"),
    "close": Bilingual("إغلاق", "Closed"),
    "follow": Bilingual("إغلاق مع البلاغ الأساسي", "Closed with its main report"),
    "follow_rejection": Bilingual("رفض مع البلاغ الأساسي", "Rejected with its main report"),
    "reopen": Bilingual("إعادة فتح", "Reopened"),
    "reject": Bilingual("رفض لعدم الاختصاص", "Rejected as out of scope"),
    "mark_duplicate": Bilingual("وسم بأنه مكرر", "Marked as a duplicate"),
    "gain_duplicate": Bilingual("ارتبط به بلاغ مكرر", "A duplicate follows it"),
    "lose_duplicate": Bilingual("فُصل عنه بلاغ مكرر", "A duplicate was split from it"),
    "follow_due": Bilingual("تغير الموعد مع البلاغ الأساسي", "Due when its main report is"),
    "split": Bilingual("فصل عن البلاغ الأساسي", "Split from its main report"),
    "correct": Bilingual("تصحيح", "Corrected"),
    "escalate": Bilingual("تصعيد", "Escalated"),
    "rate": Bilingual("تقييم", "Rated"),
    "note": Bilingual("ملاحظة داخلية", "Internal note"),
    "update": Bilingual("إضافة من نظام آخر", "Update by another system"),
    "reveal": Bilingual("إظهار بيانات المبلّغ", "The reporter was revealed"),
    "find_by_mobile": Bilingual("بحث برقم جوال المبلّغ", "Found by the reporter's mobile"),
    "withhold_text": Bilingual("حجب النص عن العموم", "The text was withheld from the public"),
    "show_text": Bilingual("إتاحة النص للعموم", "The text was released to the public"),
    "release_photo": Bilingual("إتاحة صورة للعموم", "A photo was released"),
    "withdraw_photo": Bilingual("حجب صورة عن العموم", "A photo was withdrawn"),
    "empty": Bilingual("إفراغ البيانات الشخصية", "Personal data emptied"),
}

_AUTOMATIC = frozenset(("escalate", "empty", "follow", "follow_rejection"))


def title_of(action: str) -> Bilingual:
    """Returns the title of an action. An action of another release has no title, and is shown by its name."""
    return TITLES.get(action, Bilingual(action, action))


def manual_titles() -> dict[str, dict[str, str]]:
    """Returns the titles of the actions that a person takes, which a refusal may offer."""
    return {action: title.pair() for action, title in TITLES.items() if action not in _AUTOMATIC}
