"""Texts of one length, so that a sealed one tells nothing by how long it is."""

import json
from collections.abc import Mapping
from typing import Any

EXAMINEE_BYTES = 2_048  # what the gateway needs of a worker
RESULT_BYTES = 1_024  # what a medical centre entered
ANSWER_BYTES = 512  # what became of it


class TooLong(ValueError):
    """The document doesn't fit. Its text isn't shown."""


def padded(document: Mapping[str, Any], size: int) -> str:
    """JSON of exactly `size` bytes in UTF-8: blanks after the text, which every reader of JSON skips. Raises
    TooLong."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    missing = size - len(text.encode())
    if missing < 0:
        raise TooLong
    return text + " " * missing
