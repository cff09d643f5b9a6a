"""What the public and a contractor read of a citizen's words: no telephone, no identity number, no address of the net.

Dates, times and lists of small numbers stay, because a department works by them.
"""

import re

from saudi.person_numbers import without_long_numbers

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@＠،,;:()<>]{1,64}[@＠][^\s@＠،,;()<>]{1,253}")
LEFT_OUT = "…"


def without_numbers(text: str) -> str:
    """Returns a citizen's words without numbers of nine and more digits, e-mail addresses and links. Long numbers are
    telephones and identity numbers, however their digits are set apart; a link may lead anywhere."""
    words = _EMAIL.sub(LEFT_OUT, _LINK.sub(LEFT_OUT, text))
    return without_long_numbers(words, LEFT_OUT)
