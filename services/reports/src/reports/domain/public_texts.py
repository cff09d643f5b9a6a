"""What the public and a contractor read of a citizen's words: no telephone, no identity number, no address of the net.

Dates, times and lists of small numbers stay, because a department works by them.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from saudi.ids import passes_luhn
from saudi.text import fold_digits

# Signs between the digits of a telephone: blanks of any kind, dots, slashes, dashes, parentheses, invisible signs.
_BETWEEN = r"[\s._/()\[\]*\u00ad\u00b7\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe63\ufeff\uff0d-]"
_LONG_NUMBER = re.compile(rf"\+?\(?\d(?:{_BETWEEN}{{0,4}}\d){{8,}}")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@＠،,;:()<>]{1,64}[@＠][^\s@＠،,;()<>]{1,253}")
_DAY = r"(?:\d{4}([./-])\d{1,2}\1\d{1,2}|\d{1,2}([./-])\d{1,2}\2\d{4})(?!\d)"
_DATE = re.compile(rf"(?<!\d){_DAY}")
_DIGIT_BEFORE = re.compile(rf"(?<!:)(?<!:\d)\d{_BETWEEN}{{0,4}}\Z")  # but no time of day
_DIGIT_BEHIND = re.compile(rf"{_BETWEEN}{{0,4}}(?!{_DAY})\d(?!\d?:\d)")  # nor another date
_MOBILE = re.compile(r"(?:00966|966|0)?5\d{8}")
_YEARS = (range(1300, 1501), range(1900, 2101))
_MOST_SMALL = 999
LEFT_OUT = "…"


def without_numbers(text: str) -> str:
    """Returns a citizen's words without numbers of nine and more digits, e-mail addresses and links. Long numbers are
    telephones and identity numbers, however their digits are set apart; a link may lead anywhere."""
    words = _EMAIL.sub(LEFT_OUT, _LINK.sub(LEFT_OUT, text))
    return "".join(_without_long_numbers(words))


def _without_long_numbers(text: str) -> Iterator[str]:
    """Yields the text in pieces: each date as it is, and the words between two dates without long numbers. A date
    beside other digits may be a part of a number; the digits of a time of day have a colon."""
    done = 0
    for found in _DATE.finditer(text):
        before, behind = text[done : found.start()][-9:], text[found.end() :]
        is_alone = not _DIGIT_BEFORE.search(before) and not _DIGIT_BEHIND.match(behind)
        if is_alone and _is_date(found.group()):
            yield _LONG_NUMBER.sub(_shown, text[done : found.start()])
            yield found.group()
            done = found.end()
    yield _LONG_NUMBER.sub(_shown, text[done:])


def _is_date(written: str) -> bool:
    """Returns whether three numbers are a day of either calendar, the year first or last."""
    parts = [int(one) for one in re.findall(r"\d+", written)]
    year, month, day = parts if parts[0] > _MOST_SMALL else parts[::-1]
    return any(year in years for years in _YEARS) and 1 <= month <= 12 and 1 <= day <= 31


def _shown(found: re.Match[str]) -> str:
    return found.group() if _is_list(fold_digits(found.group())) else LEFT_OUT


def _is_list(digits: str) -> bool:
    """Returns whether the numbers are a list: small, each larger than the one before, none with a zero in front. A list
    whose digits make a mobile or an identity number is none."""
    parts = re.findall(r"\d+", digits)
    joined = "".join(parts)
    if digits.startswith("+") or _MOBILE.fullmatch(joined):
        return False
    if len(joined) == 10 and joined[0] in "12" and passes_luhn(joined):
        return False
    is_small = all(one[0] != "0" and int(one) <= _MOST_SMALL for one in parts)
    return is_small and all(int(one) < int(other) for one, other in pairwise(parts))
