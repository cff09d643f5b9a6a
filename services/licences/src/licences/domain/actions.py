"""What each action in a history is called."""

from collections.abc import Mapping

from licences.domain import applications, licences

_MORE: Mapping[str, tuple[str, str]] = {
    "submit": ("التقديم", "submit"),
    "verify": ("التحقق من وثيقة", "verify a document"),
    "visit-passed": ("معاينة لاحقة مجتازة", "a visit after the issue passed"),
    "visit-failed": ("معاينة لاحقة غير مجتازة", "a visit after the issue failed"),
    "refund-after-issue": ("تقرر رد الرسم بعد الإصدار", "the fee goes back after the issue"),
    "empty": ("إفراغ البيانات الشخصية", "empty the personal data"),
}


def title_of(action: str) -> dict[str, str]:
    """In Arabic and English; the action itself where it has no title."""
    for titles in (applications.TITLES, licences.TITLES):
        for known, title in titles.items():
            if known == action:
                return dict(title)
    ar, en = _MORE.get(action, (action, action))
    return {"ar": ar, "en": en}
