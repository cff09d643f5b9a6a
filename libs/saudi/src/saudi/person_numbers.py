"""Numbers of people in a text that others read: identity numbers and telephones, however their digits are set apart.

Two questions, because a false alarm costs differently. A citizen's words and an officer's reason need no long number at
all, so any number of nine digits counts. Terms and answers of a tender say amounts and numbers of establishments, so
only a number that is really a person's counts.
"""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from saudi.ids import parse_civil_id
from saudi.malformed import Malformed
from saudi.mobiles import parse_mobile
from saudi.text import fold_digits, without_marks

# Signs between the digits of a telephone: blanks of any kind, dots, slashes, dashes, parentheses, invisible signs.
_SIGNS = r"._+/()\[\]*\u00ad\u00b7\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe63\ufeff\uff0d-"
_BETWEEN = rf"[\s{_SIGNS}]"
_LONG_NUMBER = re.compile(rf"\+?\(?\d(?:{_BETWEEN}{{0,4}}\d){{8,}}")
_DAY = r"(?:\d{4}([./-])\d{1,2}\1\d{1,2}|\d{1,2}([./-])\d{1,2}\2\d{4})(?!\d)"
_DATE = re.compile(rf"(?<!\d){_DAY}")
_DIGIT_BEFORE = re.compile(rf"(?<!:)(?<!:\d)\d{_BETWEEN}{{0,4}}\Z")  # but no time of day
_DIGIT_BEHIND = re.compile(rf"{_BETWEEN}{{0,4}}(?!{_DAY})\d(?!\d?:\d)")  # nor another date
_LOCAL_MOBILE = re.compile(r"(?:00966|966|0)?5\d{8}")  # also one that no network has
_YEARS = (range(1300, 1501), range(1900, 2101))
_MOST_SMALL = 999
# Between two digits of one person's number; two lines are two numbers.
_PARTED = rf"(?:[^\S\r\n]|[{_SIGNS}]){{0,6}}"
# Looks ahead, so that a number is found that begins within another one.
_ID_NUMBER = re.compile(rf"(?<![0-9])(?=([12](?:{_PARTED}[0-9]){{9}})(?![0-9]))")
_COUNTRY = rf"9{_PARTED}6{_PARTED}6"
_MOBILE = re.compile(
    rf"(?<![0-9+])(?=((?:\+?{_COUNTRY}|0{_PARTED}0{_PARTED}{_COUNTRY}|0){_PARTED}5(?:{_PARTED}[0-9]){{8}})(?![0-9]))"
)
_WHOLE_DATE = re.compile(rf"(?<![0-9./-]){_DAY}")


def without_long_numbers(text: str, instead: str) -> str:
    """Returns the text with `instead` in the place of each number of nine digits and more. Dates, times of day and
    lists of small numbers stay."""

    def shown(found: re.Match[str]) -> str:
        return found.group() if _is_list(found.group()) else instead

    return "".join(
        words if is_date else _LONG_NUMBER.sub(shown, words) for words, is_date in _pieces(text)
    )


def holds_long_number(text: str) -> bool:
    """Returns whether `without_long_numbers` would replace a number."""
    return any(
        not _is_list(found.group())
        for words, is_date in _pieces(text)
        if not is_date
        for found in _LONG_NUMBER.finditer(words)
    )


def holds_number_of_person(text: str) -> bool:
    """Returns whether the text holds an identity number with the right check digit, or a mobile. A date is neither,
    also beside an hour or another number."""
    words = _WHOLE_DATE.sub(_without_date, fold_digits(without_marks(text)))
    return any(
        _parses(parse, re.sub("[^0-9+]", "", found[1]))
        for pattern, parse in ((_ID_NUMBER, parse_civil_id), (_MOBILE, parse_mobile))
        for found in pattern.finditer(words)
    )


def is_number_of_person(digits: str) -> bool:
    """Returns whether the digits are an identity number with the right check digit, or a mobile."""
    return any(_parses(parse, digits) for parse in (parse_civil_id, parse_mobile))


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yields the text in pieces, and whether a piece is a date. A date beside other digits may be a part of a number;
    the digits of a time of day have a colon."""
    done = 0
    for found in _DATE.finditer(text):
        before, behind = text[done : found.start()][-9:], text[found.end() :]
        is_alone = not _DIGIT_BEFORE.search(before) and not _DIGIT_BEHIND.match(behind)
        if is_alone and _is_date(found.group()):
            yield text[done : found.start()], False
            yield found.group(), True
            done = found.end()
    yield text[done:], False


def _is_date(written: str) -> bool:
    """Returns whether three numbers are a day of either calendar, the year first or last."""
    parts = [int(one) for one in re.findall(r"\d+", written)]
    year, month, day = parts if parts[0] > _MOST_SMALL else parts[::-1]
    return any(year in years for years in _YEARS) and 1 <= month <= 12 and 1 <= day <= 31


def _is_list(written: str) -> bool:
    """Returns whether the numbers are a list: small, each larger than the one before, none with a zero in front. A list
    whose digits make a mobile or an identity number is none."""
    digits = fold_digits(written)
    parts = re.findall(r"\d+", digits)
    joined = "".join(parts)
    if digits.startswith("+") or _LOCAL_MOBILE.fullmatch(joined) or _parses(parse_civil_id, joined):
        return False
    is_small = all(one[0] != "0" and int(one) <= _MOST_SMALL for one in parts)
    return is_small and all(int(one) < int(other) for one, other in pairwise(parts))


def _without_date(found: re.Match[str]) -> str:
    return ";" if _is_date(found[0]) else found[0]


def _parses(parse: Callable[[str], str], digits: str) -> bool:
    try:
        parse(digits)
    except Malformed:
        return False
    return True
