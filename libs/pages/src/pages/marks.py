"""What a template does to values: codes and numbers keep their direction, days are shown in both calendars, and the
tone of a state becomes the tone of a tag."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from pages.words import AR
from saudi.bidi import ISOLATED, LEFT_TO_RIGHT, RIGHT_TO_LEFT, isolate, isolate_numbers
from saudi.day_names import gregorian_words, hijri_words, weekday_name
from saudi.days import FIRST_DAY, LAST_DAY, RIYADH, hijri_text

_DIRECTIONS = {LEFT_TO_RIGHT: "ltr", RIGHT_TO_LEFT: "rtl", "\u2068": "auto"}
# Days in words: a list repeats its days, and most pages name one of the last years.
_KEPT_DAYS = 4_096
_TONES = {
    "neutral": "neutral",
    "progress": "info",
    "waiting": "warning",
    "good": "success",
    "bad": "error",
}


def code(value: Any) -> Markup:
    """Returns a number, a code, a telephone or an amount so that an Arabic line doesn't turn it round. A code with
    Arabic letters («422/3 ج») is read from the right."""
    text = escape(value)
    is_arabic = not text.isascii() and isolate(text)[0] == RIGHT_TO_LEFT
    return _isolated("rtl" if is_arabic else "ltr", text)


def arabic(text: Any) -> Markup:
    """Returns a name that is Arabic on every page, so that it's read and laid out as such on an English page too."""
    return Markup(f'<bdi lang="ar" dir="rtl">{escape(text)}</bdi>')  # noqa: S704 - escaped


def tag(words: Any, tone: str = "neutral") -> Markup:
    """Returns a state: an icon beside the word, so that colour isn't all that says it."""
    return Markup(f'<span class="tag {escape(tone)}">{escape(words)}</span>')  # noqa: S704 - escaped


def sentence(text: Any) -> Markup:
    """Returns a sentence in which each number, day and code keeps its direction. A text that is escaped already isn't
    escaped twice."""
    pieces, at = [], 0
    marked = isolate_numbers(text.unescape() if isinstance(text, Markup) else str(text))
    for found in ISOLATED.finditer(marked):
        inner = _isolated(_DIRECTIONS[found["direction"]], found["inside"])
        pieces += [escape(marked[at : found.start()]), inner]
        at = found.end()
    return Markup("").join([*pieces, escape(marked[at:])])


@lru_cache(maxsize=_KEPT_DAYS)
def day(value: date | str, language: str) -> Markup:
    """Returns a day of law in words, the calendar of the Kingdom first: «14 جمادى الآخرة 1448هـ (24 نوفمبر 2026م)»."""
    known = date.fromisoformat(value) if isinstance(value, str) else value
    gregorian = gregorian_words(known, _language(language))
    if not FIRST_DAY <= known <= LAST_DAY:
        return sentence(gregorian)
    return Markup('<span class="day">{} <span class="other">({})</span></span>').format(
        hijri_words(known, _language(language)), gregorian
    )


@lru_cache(maxsize=_KEPT_DAYS)
def short_day(value: date | str) -> Markup:
    """Returns a day for a table, in figures of both calendars: `1448/06/14` and `2026/11/24`."""
    known = date.fromisoformat(value) if isinstance(value, str) else value
    gregorian = code(f"{known:%Y/%m/%d}")
    if not FIRST_DAY <= known <= LAST_DAY:
        return gregorian
    return Markup('{}<br><span class="other">{}</span>').format(code(hijri_text(known)), gregorian)


def weekday(value: date | str, language: str) -> str:
    """Returns the name of the weekday of a day, or of a moment's day in Riyadh."""
    known = datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(known, datetime) and known.tzinfo is not None:
        known = known.astimezone(RIYADH)
    return weekday_name(known, _language(language))


def moment(value: datetime | str, language: str) -> Markup:
    """Returns a moment in Riyadh: its day and the time."""
    known = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = known.astimezone(RIYADH)
    parts = day(local.date(), language), code(f"{local:%H:%M}")
    return Markup(" ").join(parts)


def tone_of_state(tone: str) -> str:
    """Returns the tone of a tag for the tone of a state (contracts/reference/states.yaml). Raises KeyError."""
    return _TONES[tone]


def _isolated(direction: str, text: Any) -> Markup:
    return Markup(f'<bdi dir="{direction}">{escape(text)}</bdi>')  # noqa: S704 - escaped


def _language(language: str) -> Any:
    return AR if language == AR else "en"
