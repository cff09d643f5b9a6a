"""The establishment's table for spreadsheets."""

import csv
import io
from typing import Any

from health_certs.domain.worker_lists import EXPORTED_COLUMNS, csv_table

ROW: dict[str, Any] = dict.fromkeys(EXPORTED_COLUMNS, "x")


def test_a_table_has_its_mark_its_headings_and_lines_that_end_with_crlf() -> None:
    text = csv_table([{**ROW, "name_ar": "=cmd|' /C calc'!A0"}], "ar").decode()

    assert text.startswith("\ufeffرقم الشهادة,الاسم بالعربية,")
    assert text.endswith("\r\n")
    (heads, row) = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert len(heads) == len(row) == len(EXPORTED_COLUMNS)
    assert row[1].startswith("'=cmd")


def test_programs_get_the_names_of_the_columns() -> None:
    heads = {
        one: csv_table([], one).decode().removeprefix("\ufeff").strip() for one in ("en", "codes")
    }

    assert heads["codes"] == ",".join(EXPORTED_COLUMNS)
    assert heads["en"].startswith("Certificate,Name in Arabic")
