"""Words that people choose by: the code of a kind or a status, or its word in Arabic or English."""

from collections.abc import Mapping

from permits.domain import requests
from permits.domain.permits import KINDS, STATUS_TITLES
from saudi import Malformed
from saudi.bidi import isolate
from saudi.text import search_key

Words = Mapping[str, tuple[str, str]]


def read_word(text: str, words: Words) -> str:
    """Returns the code of a word. `words`: Arabic and English by code. Raises Malformed `enum`, which lists them."""
    asked = search_key(text)
    for code, titles in words.items():
        if asked in {code, *map(search_key, titles)}:
            return code
    allowed = [
        {"ar": f"{ar} ({isolate(code)})", "en": f"{en} ({code})"}
        for code, (ar, en) in words.items()
    ]
    raise Malformed("enum", allowed=allowed)


def read_kind(text: str) -> str:
    """`renewal`, «تجديد» and «Renewal» → `renewal`. Raises Malformed."""
    return read_word(text, {kind.value: (rule.ar, rule.en) for kind, rule in KINDS.items()})


def read_permit_status(text: str) -> str:
    """`completed`, «منجزة» and «Completed» → `completed`. Raises Malformed."""
    return read_word(text, {str(status): words for status, words in STATUS_TITLES.items()})


def read_request_status(text: str) -> str:
    """`approved`, «معتمد» and «Approved» → `approved`. Raises Malformed."""
    return read_word(text, {str(status): words for status, words in requests.STATUS_TITLES.items()})
