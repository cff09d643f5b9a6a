"""The code of a printed document, as people type or paste it. Pure."""

import re

from saudi.text import compact

# The address in the code, with or without its beginning and its signature, or the characters of the document alone.
_CODE = re.compile(r"(?:.*/documents/)?([A-Za-z0-9_-]{22})(?:[/?#].*)?", re.DOTALL)
MOST_SIGNS = 600


def document_id_of(typed: str) -> str | None:
    """Returns the characters of the document; None for a text that has none."""
    found = _CODE.fullmatch(compact(typed)[:MOST_SIGNS])
    return found[1] if found else None
