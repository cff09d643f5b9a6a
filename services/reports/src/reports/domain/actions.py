"""The titles of actions in the history, in Arabic and English."""

from collections.abc import Iterable

TITLES = {
    "file": ("تلقي البلاغ", "Filed"),
    "refer": ("إحالة", "Referred"),
    "return": ("إعادة إلى موظف البلاغات", "Sent back to the report officer"),
    "start": ("مباشرة", "Work begun"),
    "complete_work": ("إنجاز المقاول", "Contractor's work done"),
    "link_external": ("ربط بجهة أخرى", "Linked to another body"),
    "ask": ("طلب معلومات من المبلّغ", "Asked the reporter"),
    "answer": ("رد المبلّغ", "The reporter answered"),
    "resolve": ("معالجة", "Treated"),
    "close": ("إغلاق", "Closed"),
    "follow": ("إغلاق مع البلاغ الأساسي", "Closed with its main report"),
    "follow_rejection": ("رفض مع البلاغ الأساسي", "Rejected with its main report"),
    "reopen": ("إعادة فتح", "Reopened"),
    "reject": ("رفض لعدم الاختصاص", "Rejected as out of scope"),
    "mark_duplicate": ("وسم بأنه مكرر", "Marked as a duplicate"),
    "gain_duplicate": ("ارتبط به بلاغ مكرر", "A duplicate follows it"),
    "lose_duplicate": ("فُصل عنه بلاغ مكرر", "A duplicate was split from it"),
    "follow_due": ("تغير الموعد مع البلاغ الأساسي", "Due when its main report is"),
    "split": ("فصل عن البلاغ الأساسي", "Split from its main report"),
    "correct": ("تصحيح", "Corrected"),
    "escalate": ("تصعيد", "Escalated"),
    "rate": ("تقييم", "Rated"),
    "note": ("ملاحظة داخلية", "Internal note"),
    "update": ("إضافة من نظام آخر", "Update by another system"),
    "reveal": ("إظهار بيانات المبلّغ", "The reporter was revealed"),
    "find_by_mobile": ("بحث برقم جوال المبلّغ", "Found by the reporter's mobile"),
    "withhold_text": ("حجب النص عن العموم", "The text was withheld from the public"),
    "show_text": ("إظهار النص للعموم", "The text was shown to the public"),
    "release_photo": ("إتاحة صورة للعموم", "A photo was released"),
    "withdraw_photo": ("حجب صورة عن العموم", "A photo was withdrawn"),
    "empty": ("إفراغ البيانات الشخصية", "Personal data emptied"),
}

_BY_ITSELF = frozenset(("escalate", "empty", "follow", "follow_rejection"))


def title_of(action: str) -> tuple[str, str]:
    """Arabic and English; an action without a title, of an earlier release for example, is shown by its name."""
    return TITLES.get(action, (action, action))


def words(actions: Iterable[str]) -> list[dict[str, str]]:
    """The titles of the actions, in Arabic and English; what nobody does by hand isn't among them."""
    pairs = (title_of(action) for action in actions if action not in _BY_ITSELF)
    return [{"ar": arabic, "en": english} for arabic, english in pairs]
