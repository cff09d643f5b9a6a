"""Inquiries without an account: the number of a report, and the history of the report in words for citizens."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chassis.core.refusals import Findings
from saudi.bilingual import Bilingual
from saudi.mobiles import parse_mobile
from saudi.text import compact, fold_digits, tidy

_NUMBER = re.compile(r"1[0-9]{9,12}")
_CODE = re.compile(r"[1-9][0-9]{7}")
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


@dataclass(frozen=True)
class InquiryKey:
    """The number of a report, and what its reporter knows: the mobile in E.164, or the code."""

    number: str
    mobile: str | None
    code: str | None


def parse_key(number: str, mobile: str | None, code: str | None = None) -> InquiryKey:
    """Returns the key in its normal form; accepts any digits, and blanks. Raises InvalidFields by the form alone, so
    the refusal reveals no report."""
    findings = Findings()
    digits = fold_digits(tidy(number)).replace(" ", "")
    findings.fault("report_number", None if _NUMBER.fullmatch(digits) else "report-number")
    known = None
    if code is None:
        known = _read_mobile(mobile or "", findings)
    else:
        code = compact(code)
        findings.fault("code", None if _CODE.fullmatch(code) else "inquiry-code")
    findings.settle()
    return InquiryKey(digits, known, code)


def _read_mobile(written: str, findings: Findings) -> str | None:
    if not tidy(written):
        findings.fault("mobile", "required")
        return None
    return findings.read("mobile", parse_mobile, written)
