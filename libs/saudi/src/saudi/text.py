"""Arabic text: digits, marks, the spelling that searches compare, names."""

import re
import unicodedata
from functools import lru_cache

from saudi.malformed import Malformed

# Arabic-Indic and Persian digits, and what each is in ASCII: also for a database, which folds them in the same way.
OTHER_DIGITS, ASCII_DIGITS = "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789"
_DIGITS = str.maketrans(f"{OTHER_DIGITS}٫", f"{ASCII_DIGITS}.")
# Tatweel, zero-width and bidirectional marks come in with copied text and mean nothing.
_INVISIBLE = re.compile("[\u0640\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_DIACRITICS = re.compile(
    "[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]"
)
_PRESENTATION_FORMS = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]+")
_SCRIPTS = {"ar": "ARABIC", "en": "LATIN"}
_LETTERS = frozenset(
    ("Lu", "Ll", "Lt", "Lo")
)  # a modifier, such as the ʿ of a transliteration, is of any script
_SAME_LETTERS = str.maketrans("أإآٱىةؤئکی", "ااااي" + "هويكي", "ء")
_SERVANT_OF = re.compile(r"\bعبد (?=ال)")


def fold_digits(text: str) -> str:
    """Arabic-Indic and Persian digits as ASCII, the decimal sign `٫` as a point.

    Fold before any check: Python's own `\\d`, `isdigit()` and `int()` take digits of every script.
    """
    return text.translate(_DIGITS)


def without_marks(text: str) -> str:
    """Returns the text without tatweel, zero-width and bidirectional marks."""
    return _INVISIBLE.sub("", text)


def tidy(text: str) -> str:
    """Folded digits, no invisible marks, single spaces, none at the ends."""
    return " ".join(without_marks(fold_digits(text)).split())


def compact(text: str) -> str:
    """Returns a number or code without any spaces, otherwise as `tidy`: ` ٤٤١٢ ٠٩٨١` → `44120981`."""
    return tidy(text).replace(" ", "")


@lru_cache(maxsize=4096)
def number_key(text: str) -> str:
    """Returns the form under which numbers of documents meet: `١٤٤٨ / 22` → `1448/22`."""
    return compact(text).casefold()


@lru_cache(maxsize=4096)
def search_key(text: str) -> str:
    """Returns the form under which Arabic texts meet: alef, hamza, ya, ta marbuta and digits each in one
    spelling, no diacritics, «عبد الله» and «عبدالله» alike, presentation forms as letters."""
    letters = unicodedata.normalize("NFKC", without_marks(text)).translate(_SAME_LETTERS)
    return _SERVANT_OF.sub("عبد", tidy(_DIACRITICS.sub("", letters))).casefold()


@lru_cache(maxsize=4096)
def place_key(text: str) -> str:
    """Returns the form under which names of towns and districts meet: «حي الخزامى» and «خزامي» do."""
    return search_key(text).removeprefix("حي ").removeprefix("ال")


def parse_name(text: str) -> str:
    """Reads a name as it's shown: letters instead of presentation forms, no invisible marks, single
    spaces; digits and spelling stay as written.

    Raises Malformed: `required` when blank, `name` with fewer than two letters.
    """
    letters = _PRESENTATION_FORMS.sub(
        lambda found: unicodedata.normalize("NFKC", found.group()), without_marks(text)
    )
    printable = "".join(letter for letter in letters if letter.isspace() or letter.isprintable())
    name = " ".join(unicodedata.normalize("NFC", printable).split())
    if not name:
        raise Malformed("required")
    if sum(letter.isalpha() for letter in name) < 2:
        raise Malformed("name")
    return name


def require_script(name: str, language: str) -> str:
    """Returns the name. Raises Malformed for a name that isn't in the script of its language, which is `ar` or `en`:
    `name-not-arabic` without one Arabic letter, `name-not-latin` without a Latin letter or with a letter of another
    script. A shop's Arabic name may have Latin letters too; a name for readers of English has no Arabic letters."""
    script = _SCRIPTS[language]
    letters = [one for one in name if unicodedata.category(one) in _LETTERS]
    matching = [one for one in letters if _is_of(script, one)]
    if not matching or (language == "en" and len(matching) < len(letters)):
        raise Malformed(f"name-not-{script.lower()}")
    return name


def _is_of(script: str, letter: str) -> bool:
    """Returns whether a letter, also a ligature or a small one such as º, is of a script."""
    return unicodedata.name(unicodedata.normalize("NFKC", letter)[0], "").startswith(script)
