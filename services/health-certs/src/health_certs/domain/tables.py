"""An establishment's certificates as a table for spreadsheets: CSV that no table program takes for formulas."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from health_certs.domain.words import Words
from saudi.cells import cell

MOST = 10_000
MARK = "\ufeff"  # without it Excel reads the file in the code page of the machine
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
