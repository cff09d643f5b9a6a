"""Signs that nobody sees in a text: they come in with copied text, hide what is written, or turn a line round."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

# Other ends of lines, as Word and PDF have them.
_LINE_ENDS = re.compile("[\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # control signs
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what sets the direction of a line
    "\u00ad\u034f\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\ufeff"  # of no width
    "\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # letters without a shape
    "\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"  # marks of formats, tags
)
_JOINERS = "\u200c\u200d"
_ZWJ, _EMOJI_STYLE = "\u200d", "\ufe0f"
_VIRAMA = 9  # the canonical combining class of the marks that tie two consonants of India together

# Where a body has free text: True for such a text, names with parts for an object, None for nothing.
FreeTexts = bool | Mapping[str, Any] | None


def without_unseen(text: str) -> str:
    """Returns the text without control, bidirectional and zero-width signs. Tabs and ends of lines stay, as `\\n`.

    Names, numbers, search keys and passwords are compared, and two spellings that look alike have to be equal. So they
    lose the joiners as well. Isolates around a value are for the code that shows the text.
    """
    if text.isprintable() and not _UNSEEN.search(text):
        return text
    return _UNSEEN.sub("", _LINE_ENDS.sub("\n", text))


def without_unseen_but_joiners(text: str) -> str:
    """Returns free text `without_unseen`, which keeps a joiner of no width where the joiner changes the writing:
    between letters that join, after a virama, and between the pictures of one emoji. The first of several joiners in a
    row stays."""
    if not (_JOINERS[0] in text or _ZWJ in text):
        return without_unseen(text)
    pieces = re.split(f"([{_JOINERS}])", text)
    kept = without_unseen(pieces[0])
    joiner = ""
    for sign, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        joiner = joiner or sign
        plain = without_unseen(piece)
        if plain:
            kept += (joiner if _joins(joiner, kept[-1:], plain[0]) else "") + plain
            joiner = ""
    return kept + (joiner if joiner and _is_virama(kept[-1:]) else "")


def _joins(joiner: str, before: str, after: str) -> bool:
    if _is_virama(before):
        return True
    if _is_picture(before) and _is_picture(after):
        return joiner == _ZWJ
    return _is_joining_letter(before) and _is_joining_letter(after)


def _is_virama(sign: str) -> bool:
    return bool(sign) and unicodedata.combining(sign) == _VIRAMA


def _is_picture(sign: str) -> bool:
    """Returns whether the sign is an emoji, its colour of skin, or the mark of its coloured form."""
    return bool(sign) and (sign == _EMOJI_STYLE or unicodedata.category(sign) in ("So", "Sk", "Sm"))


def _is_joining_letter(sign: str) -> bool:
    """Returns whether the sign is a letter, or a mark on a letter, of the scripts from Arabic to Sinhala. A digit is
    none, so that a joiner hides no number."""
    return "\u0600" <= sign <= "\u0dff" and unicodedata.category(sign)[0] in "LM"


def all_without_unseen(value: Any, free: FreeTexts = None) -> Any:
    """Returns a value of JSON, all texts in it `without_unseen`, and free texts `without_unseen_but_joiners`. `free`
    says which texts are free; a list has what its items have. Names of fields stay as they are."""
    if isinstance(value, str):
        return without_unseen_but_joiners(value) if free is True else without_unseen(value)
    if isinstance(value, list):
        return [all_without_unseen(one, free) for one in value]
    if isinstance(value, dict):
        parts = free if isinstance(free, Mapping) else {}
        return {name: all_without_unseen(one, parts.get(name)) for name, one in value.items()}
    return value


def free_texts_of(schema: Any) -> FreeTexts:
    """Returns where a body of the schema has free text: at the texts with `x-free-text: true`."""
    if not isinstance(schema, Mapping):
        return None
    if schema.get("x-free-text") is True:
        return True
    if "items" in schema:
        return free_texts_of(schema["items"])
    parts = schema.get("properties") or {}
    found: dict[str, Any] = {
        name: free for name, part in parts.items() if (free := free_texts_of(part))
    }
    for part in schema.get("allOf") or ():
        free = free_texts_of(part)
        if free is True:
            return True
        found |= free or {}
    return found or None
