"""What tests of services type and compare: digits of printed forms, and texts without marks of direction."""

import re

_ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def arabic_digits(text: str) -> str:
    """Returns ASCII digits as Arabic-Indic digits, as people type them."""
    return text.translate(_ARABIC_DIGITS)


def without_direction(text: str) -> str:
    """Returns the text without bidirectional marks, embeddings, overrides and isolates."""
    return _MARKS.sub("", text)
