"""Text messages: their length and parts, and numbers that a telephone shows turned round."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from saudi.malformed import Malformed

# GSM 03.38: each sign of the basic table is a septet, each of the extension two (after an escape).
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_LENGTHS = {"GSM-7": (160, 153), "UCS-2": (70, 67)}  # alone, and in each part of several

_TURNED_ROUND = re.compile(
    r"\+[0-9]+|[0-9]+(?:-[0-9]+)+|[0-9]+(?: +/ *| */ +)[0-9]+|[0-9.]+, +[0-9.]+"
)


@dataclass(frozen=True)
class Message:
    """A text cut as the network cuts it. `units` are septets or UTF-16 code units of the whole."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    parts: tuple[str, ...]


def message(text: str) -> Message:
    """Returns the parts of a text. One sign outside GSM-7, such as an Arabic comma, makes all of it UCS-2.

    No part ends within a surrogate pair or between an escape and its sign.
    """
    encoding: Literal["GSM-7", "UCS-2"] = "GSM-7" if _is_gsm(text) else "UCS-2"
    width = _septets if encoding == "GSM-7" else _code_units
    alone, each = _LENGTHS[encoding]
    units = sum(map(width, text))
    parts = (text,) if units <= alone else tuple(_cut(text, each, width))
    return Message(encoding, units, parts)


def _is_gsm(text: str) -> bool:
    return all(sign in _BASIC or sign in _EXTENSION for sign in text)


def _septets(sign: str) -> int:
    return 2 if sign in _EXTENSION else 1


def _code_units(sign: str) -> int:
    return 2 if ord(sign) > 0xFFFF else 1


def _cut(text: str, longest: int, width: Callable[[str], int]) -> Iterator[str]:
    start = used = 0
    for place, sign in enumerate(text):
        if used + width(sign) > longest:
            yield text[start:place]
            start, used = place, 0
        used += width(sign)
    yield text[start:]


def turned_round(text: str) -> list[str]:
    """Returns the numbers that an Arabic message would show turned round, since it can't be isolated there: numbers
    with hyphens, `+966…`, a slash with spaces, pairs with a comma. A report's number is digits only."""
    return _TURNED_ROUND.findall(text)


def parse_sender(text: str) -> str:
    """Reads a sender name as gateways register it: 3 to 11 Latin letters, digits, spaces or hyphens, with a
    letter among them; capitals count. Raises Malformed: `sms-sender`."""
    if not re.fullmatch(r"(?=.*[A-Za-z])[A-Za-z0-9 -]{3,11}", text):
        raise Malformed("sms-sender")
    return text
