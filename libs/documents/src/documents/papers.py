"""What is printed on a document: plain data, Arabic first and English beside it, made by the service that issues it."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from saudi.bidi import isolate_numbers
from saudi.bilingual import Bilingual
from saudi.days import FIRST_DAY, LAST_DAY, HijriDay

Direction = Literal["ltr", "auto"]
# A word longer than this may be broken, since no line holds it.
_LONG = re.compile(r"(\S{36})(?=\S)")


@dataclass(frozen=True)
class Part:
    """A piece of a value. `ltr`: a number, code or address, which is kept from being turned round by the Arabic line;
    the parts of a value stand under each other."""

    text: str
    direction: Direction = "auto"


@dataclass(frozen=True)
class Row:
    """A line of the table: what it is, in both languages, and its value."""

    label: Bilingual
    value: tuple[Part, ...]


@dataclass(frozen=True)
class Section:
    """Rows under a heading."""

    title: Bilingual
    rows: Sequence[Row]


@dataclass(frozen=True)
class Paper:
    """A document of one page or more. `number` is printed large; `state` is the one at issue; `made_at` is the moment
    of issue: the same paper gives the same bytes, whenever it's printed."""

    issuer: Bilingual
    title: Bilingual
    number: str
    state: Bilingual
    sections: Sequence[Section]
    notes: Sequence[Bilingual]
    made_at: datetime


def text_row(label: Bilingual, *texts: str) -> Row:
    """Returns a row of words, each text as `text_part` has it."""
    return Row(label, tuple(text_part(text) for text in texts))


def code_row(label: Bilingual, *codes: str) -> Row:
    """Returns a row of numbers, codes, telephones or addresses, each from left to right."""
    return Row(label, tuple(Part(code, "ltr") for code in codes))


def day_row(label: Bilingual, day: date) -> Row:
    """Returns a row with a day in both calendars, the Hijri one left out where the tables of Umm al-Qura end."""
    parts = [Part(f"{day:%Y/%m/%d}\u00a0م", "auto")]
    if FIRST_DAY <= day <= LAST_DAY:
        parts.append(Part(f"{HijriDay.of(day)}\u00a0هـ", "auto"))
    return Row(label, tuple(parts))


def text_part(text: str) -> Part:
    """Words: Arabic ones from the right, with the numbers in them in their own direction, others from the left."""
    broken = _LONG.sub("\\1\u200b", text)
    if any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in text):
        return Part(isolate_numbers(broken))
    return Part(broken, "ltr")
