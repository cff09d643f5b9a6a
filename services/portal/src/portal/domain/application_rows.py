"""A file of applications for licences: its heading, its rows, and each row as a line of the gateway's batch. Pure.

A column is a field of the form, named by its path in the contract or by its label in either language. The rules about
an application are those of the gateway: a row that it refuses comes back with its reasons.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from portal.domain import licence_form
from portal.domain.licence_form import FIELDS, MOST_ACTIVITIES, PLACE, PLACE_MARK
from saudi.text import fold_digits, search_key

MOST_ROWS = 500
REFERENCE, ACTIVITY_CODES, TOWN, DISTRICT = (
    "reference",
    "activities",
    "place.town",
    "place.district",
)
# The reference of the row that the model file shows. No row with this reference is sent.
EXAMPLE = "EXAMPLE"
_EXAMPLE_CELLS: Mapping[str, str] = {
    REFERENCE: EXAMPLE,
    ACTIVITY_CODES: "960111",
    "years": "1",
    "establishment.unified_number": "7000000005",
    "establishment.trade_name.ar": "مغسلة الواحة (بيانات تجريبية)",
    "owner.name": "بيانات تجريبية",
    "owner.id_number": "1000000008",
    "owner.birth_date": "1410/05/01",
    "owner.mobile": "0500000001",
    "place.latitude": "26.4834",
    "place.longitude": "50.0468",
    "area_m2": "45",
    "lease.ejar_no": "10423344550",
    "lease.starts_on": "1448/05/21",
    "lease.ends_on": "1450/06/12",
    "workers": "2",
}
# The columns of the file that people begin with, in its order.
COLUMNS = (REFERENCE, ACTIVITY_CODES, TOWN, *(field.path for field in FIELDS))
_FIELD_BY_PATH = {field.path: field for field in FIELDS}
_SELDOM = ("sign", "manager", "engineering")
_SEPARATORS = (",", ";", "\t")
_WORKBOOK = b"PK\x03\x04"
_CODE = re.compile(r"[^\s,،;|]+")
_WITHIN = re.compile(r"^activities(\.|$)")


class UnreadableFile(Exception):
    """A file of which no row is sent. `text` names the words that say why, `values` what stands in them."""

    def __init__(self, text: str, **values: Any) -> None:
        super().__init__(text)
        self.text, self.values = text, values


@dataclass(frozen=True)
class Row:
    """A row of the file. `number` is what a spreadsheet shows beside the row."""

    number: int
    cells: Mapping[str, str]

    @property
    def types_over_example(self) -> bool:
        """Returns whether somebody typed over the example row and left its reference: `read_rows` drops the example."""
        return self.cells.get(REFERENCE) == EXAMPLE


def read_rows(content: bytes, names: Mapping[str, Sequence[str]]) -> Sequence[Row]:
    """Returns the rows that aren't empty. `names`: the column → how its heading may be written. Reads one row more than
    may be sent and no further, because a small file can have a million rows. Raises UnreadableFile."""
    text = _text_of(content)
    first = text.partition("\n")[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(_SEPARATORS, key=first.count))
    try:
        columns = _columns(next(lines, []), names)
        rows = [*islice(_rows_of(lines, columns), MOST_ROWS + 1)]
    except csv.Error:
        raise UnreadableFile("aff_file_unreadable") from None
    if not rows:
        raise UnreadableFile("aff_file_empty")
    if len(rows) > MOST_ROWS:
        raise UnreadableFile("aff_file_too_long", most=MOST_ROWS)
    return rows


def _text_of(content: bytes) -> str:
    if content.startswith(_WORKBOOK):
        raise UnreadableFile("aff_file_workbook")
    coding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(coding)
    except UnicodeDecodeError:
        raise UnreadableFile("aff_file_unreadable") from None
    if "\x00" in text:
        raise UnreadableFile("aff_file_unreadable")
    return text


def _columns(heads: Sequence[str], names: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Returns the columns of the file. Raises UnreadableFile. A fault names the place of a heading and not its words: a
    file without headings begins with somebody's data."""
    known = {search_key(name): column for column, all_names in names.items() for name in all_names}
    found: list[str] = []
    for place, head in enumerate(heads, start=1):
        column = known.get(search_key(head))
        if column is None:
            raise UnreadableFile("aff_file_column_unknown", place=place)
        if column in found:
            raise UnreadableFile("aff_file_column_twice", place=place)
        found.append(column)
    if REFERENCE not in found:
        raise UnreadableFile("aff_file_no_reference")
    return found


def _rows_of(lines: Iterator[list[str]], columns: Sequence[str]) -> Iterator[Row]:
    """Reads row by row. Refuses a row with more cells than headings: its cells have moved, or some would be lost."""
    for number, cells in enumerate(lines, start=2):
        if any(cell.strip() for cell in cells):
            if any(cell.strip() for cell in cells[len(columns) :]):
                raise UnreadableFile("aff_file_surplus", row=number)
            # What a spreadsheet keeps from being computed begins with an apostrophe.
            texts = [cell.strip().removeprefix("'") for cell in cells]
            row = Row(number, dict(zip(columns, texts, strict=False)))
            if not _is_example(row):
                yield row


def _is_example(row: Row) -> bool:
    """Returns whether the row is the example as the model file has it, of which a spreadsheet drops leading zeros."""
    return row.types_over_example and all(
        fold_digits(row.cells[column]).lstrip("0") == text.lstrip("0")
        for column, text in _EXAMPLE_CELLS.items()
        if column in row.cells
    )


def example_cells(choices: Mapping[str, Sequence[str]], town: str, district: str) -> Sequence[str]:
    """Returns the example row of the model file, in the order of COLUMNS. `choices`: the list of a field → its words.
    Only the lists of the fields that most applications fill in have a word."""
    places = {TOWN: town, DISTRICT: district}
    return [
        _EXAMPLE_CELLS.get(column) or places.get(column) or _first_word(column, choices)
        for column in COLUMNS
    ]


def _first_word(column: str, choices: Mapping[str, Sequence[str]]) -> str:
    field = _FIELD_BY_PATH.get(column)
    is_usual = field is not None and field.group not in _SELDOM
    return next(iter(choices.get(field.control, ())), "") if field and is_usual else ""


def control_of(column: str) -> str:
    """Returns what a column takes: the control of its field, or the column's own name for what no field has."""
    field = _FIELD_BY_PATH.get(column)
    return field.control if field is not None else column


def line_of(row: Row, choices: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Returns a row as a line of the batch. `choices`: the list of a field → its codes by their words, as `search_key`
    compares them. A word that isn't known goes as it is, and the gateway says so. One activity more than an application
    may have goes along, so that the gateway refuses the row."""
    typed = {
        field.input: _code_of(row.cells.get(path, ""), choices.get(field.control, {}))
        for path, field in _FIELD_BY_PATH.items()
    }
    typed[PLACE] = f"{row.cells.get(TOWN, '')}{PLACE_MARK}"
    application = licence_form.application_of(licence_form.fill_in(typed))
    found = islice(_CODE.finditer(row.cells.get(ACTIVITY_CODES, "")), MOST_ACTIVITIES + 1)
    application |= licence_form.activities_of([one[0] for one in found])
    reference = row.cells.get(REFERENCE, "")
    return {**({REFERENCE: reference} if reference else {}), "application": application}


def _code_of(text: str, codes: Mapping[str, str]) -> str:
    return codes.get(search_key(text), text)


@dataclass(frozen=True)
class RowResult:
    """What became of a row. `faults`: the column of each fault, empty for the row as a whole, and its words."""

    row: int
    reference: str
    result: str
    application_id: str | None
    faults: Sequence[tuple[str, str]]

    def kept(self) -> dict[str, Any]:
        """Returns the result as a session keeps it."""
        return {**vars(self), "faults": [list(one) for one in self.faults]}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "RowResult":
        """Reads what a session has kept."""
        return cls(**{**kept, "faults": [(column, text) for column, text in kept["faults"]]})


def results_of(rows: Sequence[Row], answered: Sequence[Mapping[str, Any]]) -> list[RowResult]:
    """Returns the result of each row: the gateway answers in the order of the lines."""
    return [_result_of(row, one) for row, one in zip(rows, answered, strict=True)]


def result_unsent(row: Row, why: str) -> RowResult:
    """Returns the result of a row that isn't sent. `why`: in the words of the page."""
    return RowResult(row.number, row.cells[REFERENCE], "refused", None, [(REFERENCE, why)])


def _result_of(row: Row, answered: Mapping[str, Any]) -> RowResult:
    problem = answered.get("problem") or {}
    faults = [(_column_of(one["field"]), str(one["detail"])) for one in problem.get("errors", ())]
    if problem and not faults:
        faults = [("", str(problem.get("detail") or problem.get("title") or ""))]
    return RowResult(
        row=row.number,
        reference=row.cells.get(REFERENCE, ""),
        result=answered["result"],
        application_id=answered.get("application_id"),
        faults=faults,
    )


def _column_of(field: str) -> str:
    """Returns the column of a fault. The fault of an object leads to its first column that the form has."""
    path = field.removeprefix("application.")
    if _WITHIN.match(path):
        return ACTIVITY_CODES
    within = (column for column in COLUMNS if column.startswith(f"{path}."))
    return path if path in COLUMNS else next(within, "")
