"""Filters of the Django peer: days of Umm al-Qura. Days repeat, so each is computed once."""

from datetime import date
from functools import lru_cache

from django import template
from hijridate import Gregorian

_MONTHS = (
    *("محرم", "صفر", "ربيع الأول", "ربيع الآخر", "جمادى الأولى", "جمادى الآخرة"),
    *("رجب", "شعبان", "رمضان", "شوال", "ذو القعدة", "ذو الحجة"),
)
register = template.Library()


@register.filter
def hijri_words(day: date) -> str:
    """Returns «14 جمادى الآخرة 1448هـ»."""
    year, month, number = _hijri(day.year, day.month, day.day)
    return f"{number} {_MONTHS[month - 1]} {year}هـ"


@register.filter
def hijri_figures(day: date) -> str:
    """Returns 1448/06/14."""
    year, month, number = _hijri(day.year, day.month, day.day)
    return f"{year}/{month:02}/{number:02}"


@lru_cache(maxsize=4_096)
def _hijri(year: int, month: int, day: int) -> tuple[int, int, int]:
    found: tuple[int, int, int] = Gregorian(year, month, day).to_hijri().datetuple()
    return found
