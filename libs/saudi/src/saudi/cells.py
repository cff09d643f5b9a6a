"""Cells of CSV that no spreadsheet takes for a formula (OWASP, CSV injection), also where it separates elsewhere."""

import re
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Spreadsheets in Arabic separate at semicolons, whatever the file separates at.
_WITHIN = re.compile("([;|])(?=[ \u00a0]*[=+@＝＋－＠-])")


def cell(value: Any) -> str:
    """Returns a value as a cell, None as an empty one. A text that a spreadsheet would compute gets an apostrophe in
    front, as people type one; so does what would be computed if the text were separated within."""
    text = _WITHIN.sub(r"\1'", "" if value is None else str(value))
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) else text
