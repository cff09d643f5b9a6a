"""Deed, plan and plot numbers. None of them has one format, and old quarters lack some."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from saudi.days import HijriDay
from saudi.malformed import Malformed
from saudi.text import search_key, tidy

# The Ministry of Justice's electronic deed and that of the Real-Estate Registry; an old paper deed
# (`legacy`) has any number, and is known by it and its date together.
_DEED_DIGITS = {"electronic": 12, "registry": 16}
PLAN_NUMBER_LENGTH, PLOT_LENGTH = 20, 15
# 713/7, 422/3 ج, 415/ج, 128.
_USUAL_PLAN = re.compile(r"([0-9]+)(?:/([0-9]+))?(?:[/ ]?[ء-ي]{1,2})?")
_LONG_PART = 3  # of a reversed number: the plan's own number has three digits or four, the part behind it one or two
_NO_PLAN = {search_key(words) for words in ("بدون", "بدون مخطط", "بلا مخطط", "لا يوجد مخطط")}


@dataclass(frozen=True)
class Deed:
    """`type` electronic, registry or legacy; `date_hijri` as the paper has it, YYYY/MM/DD, even when
    there never was such a day."""

    type: str
    number: str
    date_hijri: str | None
    issuer: str | None


def parse_deed_number(deed_type: str, text: str) -> str:
    """12 digits of an electronic deed, 16 of the registry, any text of an old paper.

    Raises Malformed: `required`, `digits`, `length`.
    """
    number = tidy(text)
    length = _DEED_DIGITS.get(deed_type)
    if length is None:
        if not number:
            raise Malformed("required")
        return number
    number = number.replace(" ", "")
    if not re.fullmatch(r"[0-9]+", number):
        raise Malformed("digits")
    if len(number) != length:
        raise Malformed("length", limit=length)
    return number


def deed_date_warning(written: HijriDay, *, today: date) -> str | None:
    """Returns the oddity of a deed's date: `hijri-date` for no day of Umm al-Qura, `deed-in-future`.

    Neither refuses it: old papers carry days that never were, and years before the tables.
    """
    if not written.exists:
        return "hijri-date"
    return "deed-in-future" if written.gregorian() > today else None


@lru_cache(maxsize=4096)
def plan_key(text: str) -> str:
    """Returns the form under which plan and plot numbers meet: `٤٢٢ / ٣ ج` and `422/3ج` are `422/3 ج`."""
    return re.sub(r"(?<=[0-9])(?=[^\W\d_])", " ", _slashes(text)).casefold()


def parse_plan_number(text: str) -> str | None:
    """Reads a plan number in the form in which it's stored and shown, `٧١٣ / ٧` as `713/7`, so that an
    Arabic line doesn't turn it round; None where the words say that there's no plan, «بدون مخطط».

    Free text of up to 20 characters: digits, slash, an Arabic letter. Raises Malformed: `required`,
    `too-long`.
    """
    number = _check(_slashes(text), PLAN_NUMBER_LENGTH)
    return None if says_no_plan(number) else number


def says_no_plan(text: str) -> bool:
    """Returns whether the words say that there's no plan: «بدون مخطط», «بلا مخطط», «بدون»."""
    return search_key(text) in _NO_PLAN


def plan_number_warning(number: str) -> str | None:
    """The oddity of a number as `parse_plan_number` answers it: `plan-number-odd` for anything but
    digits, a slash and a letter, as `422\\3`; `plan-number-reversed` for `3/422`, as a line from the
    right shows 422 / 3. Neither refuses it: plan numbers are free text.
    """
    found = _USUAL_PLAN.fullmatch(number)
    if found is None:
        return "plan-number-odd"
    first, second = found.group(1), found.group(2) or ""
    return "plan-number-reversed" if len(second) >= _LONG_PART > len(first) else None


def parse_plot(text: str) -> str:
    """Reads a plot number, `215`, `215/2`, `215 أ`. Raises Malformed: `required`, `too-long`."""
    return _check(_slashes(text), PLOT_LENGTH)


def _slashes(text: str) -> str:
    return re.sub(r" ?/ ?", "/", tidy(text))


def _check(number: str, longest: int) -> str:
    if not number:
        raise Malformed("required")
    if len(number) > longest:
        raise Malformed("too-long", limit=longest)
    return number
