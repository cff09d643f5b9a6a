"""An establishment's certificates as a table for spreadsheets: CSV that no table program takes for formulas."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from health_certs.domain.words import Words

MOST = 10_000
MARK = "\ufeff"  # without it Excel reads the file in the code page of the machine
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Table programs in Arabic separate at semicolons, whatever the file separates at.
_WITHIN = re.compile("([;|])(?=[ \u00a0]*[=+@＝＋－＠-])")
CODES = "codes"
COLUMNS: Mapping[str, Words] = {
    "certificate_no": Words("رقم الشهادة", "Certificate"),
    "name_ar": Words("الاسم بالعربية", "Name in Arabic"),
    "name_en": Words("الاسم بالإنجليزية", "Name in English"),
    "id_number": Words("رقم الهوية", "ID number"),
    "nationality": Words("الجنسية", "Nationality"),
    "profession": Words("المهنة", "Profession"),
    "status": Words("الحالة", "State"),
    "issued_on": Words("تاريخ الإصدار", "Issued on"),
    "valid_until": Words("تاريخ الانتهاء", "Valid until"),
    "valid_until_hijri": Words("تاريخ الانتهاء الهجري", "Valid until (Hijri)"),
    "days_left": Words("الأيام المتبقية", "Days left"),
    "licence_no": Words("رقم الرخصة", "Licence"),
}


def table(rows: Iterable[Mapping[str, Any]], headings: str) -> bytes:
    """UTF-8 with its mark, lines that end with CRLF (RFC 4180). `headings`: ar, en or codes."""
    file = io.StringIO(newline="")
    file.write(MARK)
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(_headings(headings))
    writer.writerows([cell(row[name]) for name in COLUMNS] for row in rows)
    return file.getvalue().encode()


def _headings(headings: str) -> Sequence[str]:
    if headings == CODES:
        return list(COLUMNS)
    return [words.in_(headings) for words in COLUMNS.values()]


def cell(value: Any) -> str:
    """A value as a cell. A text that a table program would compute gets an apostrophe in front, as people type one; so
    does what would be computed if the text were separated within."""
    text = _WITHIN.sub(r"\1'", "" if value is None else str(value))
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) else text
