"""What an inquirer without an account types and reads: the number of his report, and its history in his words."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from chassis.core.refusals import InvalidFields
from saudi import Malformed
from saudi.mobiles import parse_mobile
from saudi.text import fold_digits, tidy

_NUMBER = re.compile(r"1[0-9]{9,12}")
# Actions that the reporter hears of, in words for him. What officers do among themselves isn't here, so it isn't shown.
WORDS = {
    "file": ("استلمنا بلاغكم", "We received your report"),
    "refer": ("أُحيل إلى الإدارة المختصة", "It was referred to the competent department"),
    "start": ("بدأت الإدارة المختصة المعالجة", "The department began to treat it"),
    "link_external": (
        "أُحيل إلى جهة خارج البلدية",
        "It was passed to a body outside the municipality",
    ),
    "ask": ("طلبنا منكم معلومات", "We asked you for information"),
    "answer": ("وصلتنا إفادتكم", "We received your answer"),
    "resolve": ("تمت المعالجة", "It was treated"),
    "close": ("أُغلق البلاغ", "The report was closed"),
    "follow": ("أُغلق البلاغ", "The report was closed"),
    "reopen": ("أُعيد فتح البلاغ", "The report was reopened"),
    "reject": ("ليس من اختصاص البلدية", "It is not for the municipality to treat"),
    "follow_rejection": ("ليس من اختصاص البلدية", "It is not for the municipality to treat"),
    "mark_duplicate": ("ضُم إلى بلاغ سابق عن المشكلة نفسها", "It was joined to an earlier report"),
    "split": ("فُصل عن البلاغ السابق", "It was taken apart from the earlier report"),
}


class Entry(Protocol):
    """A line of the journal."""

    @property
    def action(self) -> str: ...
    @property
    def at(self) -> datetime: ...


def in_citizens_words(entries: Iterable[Entry]) -> list[tuple[datetime, tuple[str, str]]]:
    """When what happened, in Arabic and English."""
    return [(one.at, WORDS[one.action]) for one in entries if one.action in WORDS]


def parse_key(number: str, mobile: str) -> tuple[str, str]:
    """Number and mobile in their normal forms, from any digits and with blanks. Raises InvalidFields by what they look
    like, whatever reports there are."""
    digits = fold_digits(tidy(number)).replace(" ", "")
    if not _NUMBER.fullmatch(digits):
        raise InvalidFields.of("report_number", "report-number")
    try:
        return digits, parse_mobile(mobile)
    except Malformed as error:
        raise InvalidFields.of("mobile", error.code) from None
