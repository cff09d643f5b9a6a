"""The establishment's table for spreadsheets."""

import csv
import io
import re
from typing import Any

import pytest

from health_certs.domain.tables import COLUMNS, cell, table

ROW: dict[str, Any] = dict.fromkeys(COLUMNS, "x")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", " =1", "\u00a0=1", "＝1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Ali;=1+1", "Ali; @a", "Ali|-1", "علي;＝1"])
def test_no_cell_is_a_formula_where_tables_are_separated_at_other_signs(text: str) -> None:
    found = cell(text)

    assert found.replace("'", "") == text
    assert all(part.strip().startswith("'") for part in re.split("[;|]", found)[1:])


def test_a_table_has_its_mark_its_headings_and_lines_that_end_with_crlf() -> None:
    text = table([{**ROW, "name_ar": "=cmd|' /C calc'!A0"}], "ar").decode()

    assert text.startswith("\ufeffرقم الشهادة,الاسم بالعربية,")
    assert text.endswith("\r\n")
    (heads, row) = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert len(heads) == len(row) == len(COLUMNS)
    assert row[1].startswith("'=cmd")


def test_programs_get_the_names_of_the_columns() -> None:
    heads = {one: table([], one).decode().removeprefix("\ufeff").strip() for one in ("en", "codes")}

    assert heads["codes"] == ",".join(COLUMNS)
    assert heads["en"].startswith("Certificate,Name in Arabic")
