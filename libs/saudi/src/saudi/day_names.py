"""Days in words, in Arabic and English: names of months and weekdays, and both calendars together."""

from datetime import date
from typing import Literal

from saudi.days import HijriDay

Language = Literal["ar", "en"]

# Official usage: ربيع الآخر and جمادى الآخرة, not الثاني and الثانية.
_HIJRI = {
    "ar": (
        *("محرم", "صفر", "ربيع الأول", "ربيع الآخر", "جمادى الأولى", "جمادى الآخرة"),
        *("رجب", "شعبان", "رمضان", "شوال", "ذو القعدة", "ذو الحجة"),
    ),
    "en": (
        *("Muharram", "Safar", "Rabi I", "Rabi II", "Jumada I", "Jumada II"),
        *("Rajab", "Shaban", "Ramadan", "Shawwal", "Dhu al-Qadah", "Dhu al-Hijjah"),
    ),
}
_GREGORIAN = {
    "ar": (
        *("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو"),
        *("يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
_WEEKDAYS = {
    "ar": ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}


def hijri_month_name(month: int, language: Language = "ar") -> str:
    """4 → «ربيع الآخر»."""
    return _HIJRI[language][month - 1]


def gregorian_month_name(month: int, language: Language = "ar") -> str:
    """11 → «نوفمبر»."""
    return _GREGORIAN[language][month - 1]


def weekday_name(day: date, language: Language = "ar") -> str:
    """2026-11-24 → «الثلاثاء»."""
    return _WEEKDAYS[language][day.weekday()]


def hijri_words(day: date, language: Language = "ar") -> str:
    """2026-11-24 → «14 جمادى الآخرة 1448هـ». Raises OverflowError outside the tables."""
    hijri = HijriDay.of(day)
    era = "هـ" if language == "ar" else " AH"
    return f"{hijri.day} {hijri_month_name(hijri.month, language)} {hijri.year}{era}"


def gregorian_words(day: date, language: Language = "ar") -> str:
    """2026-11-24 → «24 نوفمبر 2026م»."""
    era = "م" if language == "ar" else ""
    return f"{day.day} {gregorian_month_name(day.month, language)} {day.year}{era}"
