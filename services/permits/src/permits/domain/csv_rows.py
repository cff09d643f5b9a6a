"""A file of older permits: its heading, its rows, what each cell means; reference/permit-import.yaml has the columns.

A row becomes the contract's OlderPermit, and every fault names its column. Several owners, components or plots stand
in one cell with | between them.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

from chassis.core.refusals import Fault, InvalidFields
from saudi import Malformed
from saudi.days import parse_day
from saudi.measures import parse_decimal
from saudi.text import compact, place_key, search_key, tidy

BETWEEN = "|"
DELIMITERS = (",", ";", "\t")
WORDS = {"نعم": True, "yes": True, "true": True, "1": True}
NO = {"لا": False, "no": False, "false": False, "0": False}
_PLACE = re.compile(r"\.([0-9]+)(?=\.|$)")
_SHARE = re.compile(r"[1-9][0-9]{0,5}/[1-9][0-9]{0,5}")
Cells = list[str]


@dataclass(frozen=True)
class Column:
    """`path` in the OlderPermit; `words`: the codes of a choice by their spelling, `choices` its Arabic words, which a
    clerk is shown."""

    code: str
    ar: str
    en: str
    path: str
    form: str
    required: str
    least: float | None
    most: float | None
    words: Mapping[str, str]
    choices: tuple[str, ...]

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """Reads a column of the file."""
        words: dict[str, str] = {}
        choices: Mapping[str, str] = written.get("words", {})
        for code, arabic in choices.items():
            words |= {search_key(code): code, search_key(arabic): code}
        plain = {name: written[name] for name in ("code", "ar", "en", "path", "form", "required")}
        least, most = written.get("min"), written.get("max")
        return cls(**plain, least=least, most=most, words=words, choices=tuple(choices.values()))

    @property
    def part(self) -> str:
        """Returns the part of the permit that the column belongs to; empty for the permit itself."""
        return self.path.rpartition(".")[0]

    @property
    def several(self) -> bool:
        return "[]" in self.path


@dataclass(frozen=True)
class Found:
    """What's wrong with a row: the column's code, the place among several, and the fault's own code."""

    column: str
    code: str
    place: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


Columns = Sequence[Column]


ZIP = b"PK\x03\x04"  # a workbook of Excel is a zip


def records(content: bytes) -> Iterator[Cells]:
    """Yields the heading and the rows that aren't blank, one after the other, without holding the file as text.
    Raises InvalidFields for a file that isn't CSV in UTF-8."""
    if content.startswith(ZIP):
        raise InvalidFields.of("file", "csv-workbook")
    first = content.split(b"\n", 1)[0]
    delimiter = max(DELIMITERS, key=lambda one: first.count(one.encode()))
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    try:
        for cells in csv.reader(text, delimiter=delimiter, strict=True):
            if any(cell.strip() for cell in cells):
                yield cells
    except UnicodeDecodeError:
        raise InvalidFields.of("file", "csv-encoding") from None
    except csv.Error:
        raise InvalidFields.of("file", "csv-malformed") from None


def heading(cells: Cells, columns: Columns) -> list[str]:
    """Returns the codes of the columns in the order of the file. Raises InvalidFields for an unknown, doubled or
    missing column."""
    by_name = {search_key(name): one.code for one in columns for name in (one.code, one.ar)}
    unknown = [tidy(cell) for cell in cells if search_key(cell) not in by_name]
    if unknown:
        raise InvalidFields([Fault("file", "csv-column-unknown", {"columns": unknown[:10]})])
    codes = [by_name[search_key(cell)] for cell in cells]
    if len(set(codes)) < len(codes):
        raise InvalidFields.of("file", "csv-column-twice")
    missing = [one.ar for one in columns if one.required == "always" and one.code not in codes]
    if missing:
        raise InvalidFields([Fault("file", "csv-column-missing", {"columns": missing})])
    return codes


def read_row(
    codes: Sequence[str], cells: Cells, columns: Columns, towns: Mapping[str, str]
) -> tuple[dict[str, Any], list[Found]]:
    """Returns a row as an OlderPermit without municipality and origin, its days as days, and the faults of its
    cells."""
    faults: list[Found] = []
    if len(cells) > len(codes):
        faults.append(Found(codes[-1], "csv-cells"))
    written = {code: tidy(cell) for code, cell in zip(codes, cells, strict=False)}
    known = [one for one in columns if one.code in written]
    filled = {one.part for one in known if one.part and written[one.code]}
    data: dict[str, Any] = {"insulation_pledge": False, "owners": [], "land": {"plots": []}}
    data["building"] = {"components": []}
    for column in columns:
        text = written.get(column.code, "")
        needed = column.required == "always" or (
            column.required == "part" and column.part in filled
        )
        if not text:
            faults.extend([Found(column.code, "required")] if needed else [])
        elif column.several:
            _fill_several(data, column, text, towns, faults, needed=needed)
        else:
            _put(data, column.path, _value(column, text, towns, faults, None))
    _check_places(data, faults)
    return data, faults


def _fill_several(
    data: dict[str, Any],
    column: Column,
    text: str,
    towns: Mapping[str, str],
    faults: list[Found],
    *,
    needed: bool,
) -> None:
    path, _, name = column.path.partition("[]")
    items = _at(data, path)
    for place, piece in enumerate(map(str.strip, text.split(BETWEEN))):
        if not piece and needed:
            faults.append(Found(column.code, "required", place))
        value = _value(column, piece, towns, faults, place) if piece else None
        if not name:
            items.append(value)
            continue
        while len(items) <= place:
            items.append({})
        items[place][name.removeprefix(".")] = value


def _check_places(data: Mapping[str, Any], faults: list[Found]) -> None:
    """Checks that each owner and each component has all its cells: as many names as numbers."""
    needs = {"owners": ("name", "owner_type", "id_type")}
    for one in data["owners"]:
        if any(name not in one for name in needs["owners"]):
            faults.append(Found("owner_name", "csv-places"))
            break
    for one in data["building"]["components"]:
        if any(name not in one for name in ("component", "units", "area_m2")):
            faults.append(Found("component", "csv-places"))
            break


def _at(data: dict[str, Any], path: str) -> list[Any]:
    inner: Any = data
    for name in path.split("."):
        inner = inner.setdefault(name, {})
    found: list[Any] = inner
    return found


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    *outer, name = path.split(".")
    inner = data
    for one in outer:
        inner = inner.setdefault(one, {})
    inner[name] = value


def _value(
    column: Column, text: str, towns: Mapping[str, str], faults: list[Found], place: int | None
) -> Any:
    try:
        return _READ[column.form](column, text, towns)
    except Malformed as error:
        faults.append(Found(column.code, error.code, place, error.params))
        return None


def _text(column: Column, text: str, _towns: Mapping[str, str]) -> str:
    if column.most is not None and len(text) > column.most:
        raise Malformed("too-long", limit=int(column.most))
    return text


def _number(column: Column, text: str, _towns: Mapping[str, str]) -> float:
    return _within(column, float(parse_decimal(text.replace("،", ","))))


def _whole(column: Column, text: str, _towns: Mapping[str, str]) -> int:
    written = compact(text)
    if not re.fullmatch(r"[0-9]{1,9}", written):
        raise Malformed("digits")
    return int(_within(column, int(written)))


def _within(column: Column, value: float) -> float:
    if column.least is not None and value < column.least:
        raise Malformed("minimum", limit=str(column.least))
    if column.most is not None and value > column.most:
        raise Malformed("maximum", limit=str(column.most))
    return value


def _day(_column: Column, text: str, _towns: Mapping[str, str]) -> date:
    return parse_day(text)


def _choice(column: Column, text: str, _towns: Mapping[str, str]) -> str:
    found = column.words.get(search_key(text))
    if found is None:
        raise Malformed("enum", allowed=list(column.choices))
    return found


def _flag(_column: Column, text: str, _towns: Mapping[str, str]) -> bool:
    found = (WORDS | NO).get(text.casefold())
    if found is None:
        raise Malformed("enum", allowed=["نعم", "لا"])
    return found


def _share(_column: Column, text: str, _towns: Mapping[str, str]) -> str:
    if not _SHARE.fullmatch(compact(text)):
        raise Malformed("pattern", example="1/2")
    return compact(text)


def _town(_column: Column, text: str, towns: Mapping[str, str]) -> str:
    """Returns the town as the contract names it. `towns`: the contract's names by their compared form."""
    found = towns.get(place_key(text))
    if found is None:
        raise Malformed("enum", allowed=sorted(towns.values()))
    return found


_READ = {
    "text": _text,
    "number": _number,
    "whole": _whole,
    "day": _day,
    "choice": _choice,
    "flag": _flag,
    "share": _share,
    "town": _town,
}


def parts_of(found: Sequence[Found], columns: Columns) -> set[str]:
    """Returns the parts of the permit to which cells at fault belong: `owners`, `issued_on`."""
    paths = {one.code: one.path for one in columns}
    return {paths[one.column].partition(".")[0].removesuffix("[]") for one in found}


def with_rules(found: Sequence[Found], faults: Sequence[Fault], columns: Columns) -> list[Found]:
    """Returns a row's cells at fault, and the faults that the rules found in the other cells."""
    known = {(one.column, one.place) for one in found}
    more = [one for one in on_columns(faults, columns) if (one.column, one.place) not in known]
    return [*found, *more]


def on_columns(faults: Sequence[Fault], columns: Columns) -> list[Found]:
    """Faults of the permit's fields, by the column that fills each; a fault of a whole part by its first column."""
    return [_on_column(fault, columns) for fault in faults]


def _on_column(fault: Fault, columns: Columns) -> Found:
    places = _PLACE.findall(fault.field)
    path = _PLACE.sub("[]", fault.field)
    exact = next((one.code for one in columns if one.path == path), None)
    near = next((one.code for one in columns if one.path.startswith(path)), columns[0].code)
    place = int(places[0]) if places else None
    return Found(exact or near, fault.code, place, fault.params)
