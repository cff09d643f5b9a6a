"""Tables of workers: a list that somebody uploads, and how its row becomes the body of a request; an establishment's
certificates as CSV that no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.core.refusals import Findings, InvalidFields
from health_certs.domain.reference import Nationalities
from saudi.bilingual import Bilingual
from saudi.cells import cell
from saudi.days import parse_day
from saudi.ids import IdType
from saudi.text import compact, search_key

MOST_EXPORTED = 10_000
MARK = "\ufeff"  # without the mark Excel reads the file in the code page of the machine
CODES = "codes"
EXPORTED_COLUMNS: Mapping[str, Bilingual] = {
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
MOST_ROWS = 500
MOST_CELL = 200  # characters
COLUMNS: Mapping[str, Bilingual] = {
    "name_ar": Bilingual("الاسم بالعربية", "Name in Arabic"),
    "name_en": Bilingual("الاسم بالإنجليزية", "Name in English"),
    "id_type": Bilingual("نوع الهوية", "Type of ID"),
    "id_number": Bilingual("رقم الهوية", "ID number"),
    "nationality": Bilingual("الجنسية", "Nationality"),
    "birth_date": Bilingual("تاريخ الميلاد", "Date of birth"),
    "sex": Bilingual("الجنس", "Sex"),
    "mobile": Bilingual("الجوال", "Mobile"),
    "language": Bilingual("اللغة", "Language"),
    "profession": Bilingual("المهنة", "Profession"),
    "residence_permit_until": Bilingual("انتهاء الإقامة", "Residence permit until"),
    "centre": Bilingual("المركز الطبي", "Medical centre"),
    "photo": Bilingual("الصورة", "Photo"),
}
_MAY_BE_MISSING = ("name_ar", "name_en", "language", "residence_permit_until", "centre")
_REQUIRED = (
    "id_type",
    "id_number",
    "nationality",
    "birth_date",
    "sex",
    "mobile",
    "profession",
    "photo",
)
_SEPARATORS = (",", ";", "\t")
_FORMULA = ("=", "+", "-", "@", "\t")
ID_TYPES: Mapping[str, str] = {
    IdType.NATIONAL_ID: "هوية وطنية",
    IdType.IQAMA: "إقامة",
    IdType.BORDER_NUMBER: "رقم حدود",
}
SEXES: Mapping[str, str] = {"male": "ذكر", "female": "أنثى"}
LANGUAGES: Mapping[str, str] = {
    "ar": "العربية",
    "en": "الإنجليزية",
    "ur": "الأردية",
    "hi": "الهندية",
    "bn": "البنغالية",
}
_FIELDS = {"worker.name.ar": "name_ar", "worker.name.en": "name_en", "worker.name": "name_ar"}


@dataclass(frozen=True)
class Line:
    """A row of the file. `cells`: by the columns of the file."""

    row: int
    cells: Mapping[str, str]


def read_lines(content: bytes) -> Sequence[Line]:
    """Returns the rows that aren't empty. Raises InvalidFields on `file`."""
    text = _text(content)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    try:
        names = _columns(next(lines, []))
        rows = list(_lines(lines, names))
    except csv.Error:
        raise InvalidFields.of("file", "list-unreadable") from None
    if not rows:
        raise InvalidFields.of("file", "list-empty")
    return rows


def _text(content: bytes) -> str:
    coding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(coding)
    except UnicodeDecodeError:
        raise InvalidFields.of("file", "list-unreadable") from None
    if "\x00" in text:
        raise InvalidFields.of("file", "list-unreadable")
    return text


def _separator(text: str) -> str:
    """Returns the separator that occurs most often in the row of headings."""
    first = text.partition("\n")[0]
    return max(_SEPARATORS, key=first.count)


def _columns(names: Sequence[str]) -> Sequence[str]:
    """Returns the codes of the columns. Raises InvalidFields for an unknown, repeated or missing column."""
    known = {search_key(words.ar): code for code, words in COLUMNS.items()}
    known |= {search_key(words.en): code for code, words in COLUMNS.items()}
    known |= {code: code for code in COLUMNS}
    findings, found = Findings(), list[str]()
    for place, name in enumerate(names, start=1):
        code = known.get(search_key(name))
        if code is None:
            # The fault names the place only: a file without headings begins with a worker's data.
            findings.fault("file", "column-unknown", place=place)
        elif code in found:
            findings.fault("file", "column-twice", name=_title(code))
        else:
            found.append(code)
    for code in COLUMNS:
        if code not in found and code not in _MAY_BE_MISSING:
            findings.fault("file", "column-missing", name=_title(code))
    findings.settle()
    return found


def _title(code: str) -> dict[str, str]:
    return COLUMNS[code].pair()


def _lines(lines: Iterator[list[str]], names: Sequence[str]) -> Iterator[Line]:
    count = 0
    for row, cells in enumerate(lines, start=2):
        values = {name: _cell(one) for name, one in zip(names, cells, strict=False)}
        if not any(values.values()):
            continue
        count += 1
        if count > MOST_ROWS:
            raise InvalidFields.of("file", "list-too-long", limit=MOST_ROWS)
        yield Line(row, values)


def _cell(text: str) -> str:
    """Removes the apostrophe that keeps a spreadsheet from computing the cell."""
    text = text.strip()
    return text[1:] if text.startswith("'") and text[1:].lstrip().startswith(_FORMULA) else text


def request_of(
    line: Line,
    professions: Mapping[str, Bilingual],
    centres: Mapping[str, Bilingual],
    centre: str | None,
    nationalities: Nationalities,
) -> dict[str, Any]:
    """Returns the contract's NewRequest without an establishment; `photo` is the name that the row gives. Raises
    InvalidFields, by columns."""
    findings, cells = Findings(), line.cells
    for name in _REQUIRED:
        if not cells.get(name):
            findings.fault(name, "required")
    for name, text in cells.items():
        if len(text) > MOST_CELL:
            findings.fault(name, "too-long", limit=MOST_CELL)
    birth_date = _day(cells, "birth_date", findings)
    until = _day(cells, "residence_permit_until", findings)
    names = {language: cells.get(f"name_{language}") or None for language in ("ar", "en")}
    read = {
        "id_type": _one_of(cells, "id_type", ID_TYPES, findings),
        "sex": _one_of(cells, "sex", SEXES, findings),
        "language": _one_of(cells, "language", LANGUAGES, findings) or "ar",
        "profession": _listed(cells, "profession", professions, findings),
        "centre": _listed(cells, "centre", centres, findings) or centre,
    }
    if not cells.get("centre") and centre is None:
        findings.fault("centre", "required")
    nationality = _nationality(cells.get("nationality", ""), nationalities)
    if nationality is None and cells.get("nationality"):
        findings.fault("nationality", "nationality-unknown")
    findings.settle()
    return {
        "worker": {
            "name": names,
            **{name: read[name] for name in ("id_type", "sex", "language")},
            "id_number": cells["id_number"],
            "nationality": nationality,
            "birth_date": birth_date,
            "mobile": cells["mobile"],
        },
        "profession": read["profession"],
        "residence_permit_until": until,
        "centre": read["centre"],
        "photo": cells["photo"],
    }


def column_of(field: str) -> str:
    """Returns the column of a field of NewRequest: `worker.id_number` → `id_number`."""
    return _FIELDS.get(field) or field.rpartition(".")[2]


def _day(cells: Mapping[str, str], name: str, findings: Findings) -> date | None:
    text = cells.get(name)
    return findings.read(name, parse_day, text) if text else None


def _one_of(
    cells: Mapping[str, str], name: str, allowed: Mapping[str, str], findings: Findings
) -> str | None:
    """Returns the code of a cell that holds the code or its Arabic word."""
    words = {code: Bilingual(ar, code) for code, ar in allowed.items()}
    found = _code(cells.get(name, ""), words)
    if found is None and cells.get(name):
        findings.fault(
            name, "not-of-list", allowed=[f"{ar} ({code})" for code, ar in allowed.items()]
        )
    return found


def _nationality(text: str, nationalities: Nationalities) -> str | None:
    """Returns the code of a country: a code, listed or not, the country's name in Arabic or English, or what its people
    are called in Arabic, with or without the article."""
    code = compact(text).upper()
    if len(code) == 3 and code.isascii() and code.isalpha():
        return code
    key = search_key(text)
    if not key:
        return None
    for one in nationalities.values():
        names = (one.words.ar, one.words.en, *one.people)
        if key in {search_key(name) for name in names} | {
            search_key(f"ال{name}") for name in one.people
        }:
            return one.code
    return None


def _listed(
    cells: Mapping[str, str], name: str, listed: Mapping[str, Bilingual], findings: Findings
) -> str | None:
    """Returns the code of a cell that holds the code or one of its two names. Applying checks whether the code is
    listed today."""
    found = _code(cells.get(name, ""), listed)
    if found is None and cells.get(name):
        findings.fault(name, f"{name}-unknown")
    return found


def _code(text: str, listed: Mapping[str, Bilingual]) -> str | None:
    key = search_key(text)
    for code, words in listed.items():
        if key and key in (code, search_key(words.ar), search_key(words.en)):
            return code
    return None


# An export of an establishment's certificates.


def csv_table(rows: Iterable[Mapping[str, Any]], headings: str) -> bytes:
    """Returns UTF-8 with its mark and CRLF at line ends (RFC 4180). `headings`: ar, en or codes."""
    file = io.StringIO(newline="")
    file.write(MARK)
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(_headings(headings))
    writer.writerows([cell(row[name]) for name in EXPORTED_COLUMNS] for row in rows)
    return file.getvalue().encode()


def _headings(headings: str) -> Sequence[str]:
    if headings == CODES:
        return list(EXPORTED_COLUMNS)
    return [words.in_language(headings) for words in EXPORTED_COLUMNS.values()]
