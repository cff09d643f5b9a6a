"""What the public and a contractor read of a citizen's words: no telephone, no identity number, no address of the net.

Dates, times and lists of small numbers stay, because a department works by them.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from reports.domain.places import Governorate, is_listed
from saudi.person_numbers import without_long_numbers

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@＠،,;:()<>]{1,64}[@＠][^\s@＠،,;()<>]{1,253}")
LEFT_OUT = "…"


class WordedReport(Protocol):
    """What a citizen wrote in a report, and when an officer released the words."""

    town: str | None
    district: str | None
    landmark: str | None
    description: str | None
    words_released_at: datetime | None


def released_words(row: WordedReport, governorate: Governorate) -> Mapping[str, str | None]:
    """Returns `district`, `landmark` and `description` as the public reads them: without numbers, once an officer
    released them. A listed district is no citizen's word, and waits for nobody."""
    is_released = row.words_released_at is not None
    shows_district = is_released or is_listed(row.town, row.district, governorate)
    words = {
        "district": row.district if shows_district else None,
        "landmark": row.landmark if is_released else None,
        "description": row.description if is_released else None,
    }
    return {name: without_numbers(text) if text else None for name, text in words.items()}


def without_numbers(text: str) -> str:
    """Returns a citizen's words without numbers of nine and more digits, e-mail addresses and links. Long numbers are
    telephones and identity numbers, however their digits are set apart; a link may lead anywhere."""
    words = _EMAIL.sub(LEFT_OUT, _LINK.sub(LEFT_OUT, text))
    return without_long_numbers(words, LEFT_OUT)
