"""Inquiries without an account: the number of a report, and the history of the report in words for citizens."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from chassis.core.refusals import InvalidFields
from saudi import Malformed
from saudi.bilingual import Bilingual
from saudi.mobiles import parse_mobile
from saudi.text import fold_digits, tidy

_NUMBER = re.compile(r"1[0-9]{9,12}")
# The actions that the reporter reads of. Actions among officers have no text here, so nobody shows them.
WORDS = {
    "file": Bilingual("استلمنا بلاغكم", "We received your report"),
    "refer": Bilingual("أُحيل إلى الإدارة المختصة", "It was referred to the competent department"),
    "start": Bilingual("بدأت الإدارة المختصة المعالجة", "The department began to treat it"),
    "link_external": Bilingual(
        "أُحيل إلى جهة خارج البلدية",
        "It was passed to a body outside the municipality",
    ),
    "ask": Bilingual("طلبنا منكم معلومات", "We asked you for information"),
    "answer": Bilingual("وصلتنا إفادتكم", "We received your answer"),
    "resolve": Bilingual("تمت المعالجة", "It was treated"),
    "close": Bilingual("أُغلق البلاغ", "The report was closed"),
    "follow": Bilingual("أُغلق البلاغ", "The report was closed"),
    "reopen": Bilingual("أُعيد فتح البلاغ", "The report was reopened"),
    "reject": Bilingual("ليس من اختصاص البلدية", "It is not for the municipality to treat"),
    "follow_rejection": Bilingual(
        "ليس من اختصاص البلدية", "It is not for the municipality to treat"
    ),
    "mark_duplicate": Bilingual(
        "ضُم إلى بلاغ سابق عن المشكلة نفسها", "It was joined to an earlier report"
    ),
    "split": Bilingual("فُصل عن البلاغ السابق", "It was taken apart from the earlier report"),
}


class JournalLine(Protocol):
    """A line of the journal."""

    @property
    def action(self) -> str: ...
    @property
    def at(self) -> datetime: ...


def in_citizens_words(entries: Iterable[JournalLine]) -> list[tuple[datetime, Bilingual]]:
    """Returns the moment and the text of each entry that concerns the reporter."""
    return [(one.at, WORDS[one.action]) for one in entries if one.action in WORDS]


def parse_key(number: str, mobile: str) -> tuple[str, str]:
    """Returns number and mobile in their normal forms; accepts any digits, and blanks. Raises InvalidFields by the form
    alone, so the refusal reveals no report."""
    digits = fold_digits(tidy(number)).replace(" ", "")
    if not _NUMBER.fullmatch(digits):
        raise InvalidFields.of("report_number", "report-number")
    try:
        return digits, parse_mobile(mobile)
    except Malformed as error:
        raise InvalidFields.of("mobile", error.code) from None
