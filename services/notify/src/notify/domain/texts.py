"""Texts of templates: `((name))` stands for a value.

A link is a value too, and the only one that is secret: the text is written once with its token, for the telephone, and
once without, for officers.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from saudi import sms

PLACEHOLDER = re.compile(r"\(\(([A-Za-z][A-Za-z0-9_ ]{0,49})\)\)")
# What breaks a line or turns a text round is never part of a value. What has no width leaves no blank: a number or an
# address that it was put into is judged, and sent, as people would see it.
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_WIDTHLESS = re.compile(r"[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")
LINK = "link"
_HIDDEN = "…"


class MissingValue(Exception):
    """A placeholder has no value. `names` are the placeholders."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(", ".join(names))
        self.names = names


@dataclass(frozen=True)
class Written:
    """`secret` is None for a text without a link. `parts`: as the network counts the text that is sent."""

    public: str
    secret: str | None
    parts: int


def placeholders(body: str) -> tuple[str, ...]:
    """The names of the placeholders, each once, in order."""
    return tuple(dict.fromkeys(PLACEHOLDER.findall(body)))


def write(
    body: str,
    values: Mapping[str, str],
    *,
    link: tuple[str, str] | None = None,
    hidden: str = LINK,
) -> Written:
    """The text for one person. `link`: the address before the token, and the token; it stands for the placeholder
    `hidden`, which may be another secret, with nothing before it. Raises MissingValue."""
    known = dict(values)
    if link is None:
        text = _filled(body, known)
        return Written(text, None, parts_of(text))
    before, token = link
    secret = _filled(body, known | {hidden: before + token})
    return Written(_filled(body, known | {hidden: before + _HIDDEN}), secret, parts_of(secret))


def parts_of(text: str) -> int:
    """How many parts the network makes of a text."""
    return len(sms.message(text).parts)


def _filled(body: str, values: Mapping[str, str]) -> str:
    if missing := tuple(name for name in placeholders(body) if name not in values):
        raise MissingValue(missing)
    return PLACEHOLDER.sub(lambda found: _seen(values[found[1]]), body)


def _seen(value: str) -> str:
    return _BREAKS.sub(" ", _WIDTHLESS.sub("", value)).strip()
