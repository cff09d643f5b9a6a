"""Texts of one length, so that the length of a sealed text tells nothing."""

import json
from collections.abc import Mapping
from typing import Any

EXAMINEE_BYTES = 2_048  # what the gateway needs of a worker
RESULT_BYTES = 1_024  # what a medical centre entered
ANSWER_BYTES = 512  # what became of an entry
_REASON_WIDTH = 20  # of the reason why a request ended or a certificate was revoked


class TooLong(ValueError):
    """The document doesn't fit. The error doesn't show the text."""


def padded(document: Mapping[str, Any], size: int) -> str:
    """Returns JSON of exactly `size` bytes in UTF-8, with blanks after the text: every reader of JSON skips blanks.
    Raises TooLong."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    missing = size - len(text.encode())
    if missing < 0:
        raise TooLong
    return text + " " * missing


def padded_reason(code: str) -> str:
    """Returns a reason for its sealed column. Readers strip the blanks."""
    return f"{code:<{_REASON_WIDTH}}"
