"""Texts of the problem files with their blanks filled, so that an Arabic line shows them in order.

In a line that runs from the right a number with hyphens, signs or stars is shown turned round, 2026-12-24 as
24-12-2026. Isolates (Unicode's U+2066, U+2067 and U+2069) keep the filled-in value apart from the line around it.
"""

import string
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from chassis.core import contracts, times

_LEFT_TO_RIGHT, _RIGHT_TO_LEFT, _END = "\u2066", "\u2067", "\u2069"
_COMMA = {"ar": "، ", "en": ", "}


def fill(text: str, params: Mapping[str, Any], language: str) -> str:
    """Returns the text with its blanks filled. If a value isn't known, the clause after the semicolon is left out."""
    if not _blanks(text) <= {name for name, value in params.items() if _is_known(value)}:
        text = text.partition("؛" if language == "ar" else ";")[0].rstrip()
    shown = {name: _render_value(params.get(name), language) for name in _blanks(text)}
    return text.format_map(shown)


def fault_text(code: str, params: Mapping[str, Any], language: str) -> str:
    """Returns what is wrong with a field, as `contracts/problems` words it; the code itself where it has no words."""
    words = contracts.problem_types()["fields"].get(code)
    return fill(words[language], params, language) if words else code


def can_fill(text: str, params: Mapping[str, Any]) -> bool:
    """Returns whether every blank of the text has a value."""
    return all(_is_known(params.get(name)) for name in _blanks(text))


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _is_known(value: Any) -> bool:
    return value is not None and value != [] and value != ()


def _render_value(value: Any, language: str) -> str:
    """Renders `{"ar": …, "en": …}` in the language, a list with commas, a day with slashes, None as an ellipsis."""
    if isinstance(value, Mapping):
        return str(value[language])
    if isinstance(value, Iterable) and not isinstance(value, str):
        return _COMMA[language].join(_render_value(one, language) for one in value)
    if isinstance(value, datetime):
        value = times.shown(value)
    elif isinstance(value, date):
        value = f"{value:%Y/%m/%d}"
    text = "…" if value is None else str(value)
    return isolate(text) if language == "ar" else text


def isolate(text: str) -> str:
    """Returns the text in an isolate of its own direction."""
    arabic = any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in text)
    return f"{_RIGHT_TO_LEFT if arabic else _LEFT_TO_RIGHT}{text}{_END}"
