"""Exports of an establishment's certificates: CSV that no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from saudi.bilingual import Bilingual
from saudi.cells import cell

MOST_ROWS = 10_000
MARK = "\ufeff"  # without the mark Excel reads the file in the code page of the machine
CODES = "codes"
COLUMNS: Mapping[str, Bilingual] = {
    "certificate_no": Bilingual("رقم الشهادة", "Certificate"),
    "name_ar": Bilingual("الاسم بالعربية", "Name in Arabic"),
    "name_en": Bilingual("الاسم بالإنجليزية", "Name in English"),
    "id_number": Bilingual("رقم الهوية", "ID number"),
    "nationality": Bilingual("الجنسية", "Nationality"),
    "profession": Bilingual("المهنة", "Profession"),
    "status": Bilingual("الحالة", "State"),
    "issued_on": Bilingual("تاريخ الإصدار", "Issued on"),
    "valid_until": Bilingual("تاريخ الانتهاء", "Valid until"),
    "valid_until_hijri": Bilingual("تاريخ الانتهاء الهجري", "Valid until (Hijri)"),
    "days_left": Bilingual("الأيام المتبقية", "Days left"),
    "licence_no": Bilingual("رقم الرخصة", "Licence"),
}


def csv_table(rows: Iterable[Mapping[str, Any]], headings: str) -> bytes:
    """Returns UTF-8 with its mark and CRLF at line ends (RFC 4180). `headings`: ar, en or codes."""
    file = io.StringIO(newline="")
    file.write(MARK)
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(_headings(headings))
    writer.writerows([cell(row[name]) for name in COLUMNS] for row in rows)
    return file.getvalue().encode()


def _headings(headings: str) -> Sequence[str]:
    if headings == CODES:
        return list(COLUMNS)
    return [words.in_language(headings) for words in COLUMNS.values()]
