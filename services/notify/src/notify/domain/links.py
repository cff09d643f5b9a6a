"""Links in texts: only to hosts of ours, by https. Operators in the Kingdom let no other links pass, and a text of the
municipality must lead nobody elsewhere.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator

# Signs that nobody sees, other than format characters (Cf): joiners, fillers, variation selectors.
_FILLERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_DOTS = str.maketrans("\u3002\uff61\uff0e", "...")
# A label of any script; what the other categories of signs do is decided before.
_LABEL = r"[^\s\x00-,./:-@\[-^`{-\x7f]"
# What a telephone makes a link of: an address with a scheme, a bare name of a host, a bare IP address.
_LINK = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?"
    rf"(?P<host>(?:{_LABEL}+\.)+(?:[^\W\d_]{_LABEL}+)|(?<![\w.])[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}(?![\w]))"
    r"(?P<rest>\S*)"
)
_OTHER = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S*")
_END_OF_SENTENCE = ".,;:!?)]}\"'"
# «م.أحمد» is a title and a name, unless the name is a domain of the first level.
_TITLE = re.compile(r"[\u0621-\u064a]\.[\u0621-\u064a]+")
_ARABIC_DOMAINS = frozenset(
    "شبكة موقع بازار كوم عرب السعودية امارات ابوظبي قطر عمان البحرين الاردن فلسطين مصر تونس المغرب الجزائر سورية"
    " سودان عراق موريتانيا اتصالات ارامكو العليان بيتك كاثوليك همراه مليسيا ایران ايران پاکستان بھارت ڀارت".split()
)


def foreign(text: str, allowed: Collection[str]) -> list[str]:
    """The links that lead elsewhere than to a host of `allowed` or below it.

    The text is read as a browser reads a host, and once with its unseen signs taken out and once with blanks for them:
    telephones differ.
    """
    readings = (plain(text), plain(text, unseen=" "))
    return list(dict.fromkeys(one for read in readings for one in _found(read, allowed)))


def plain(text: str, *, unseen: str = "") -> str:
    """The text in compatibility form (NFKC), dots of other scripts as dots, `unseen` for each sign that isn't seen."""
    shown = "".join(unseen if _is_unseen(one) else one for one in text)
    folded = unicodedata.normalize("NFKC", shown.translate(_DOTS)).translate(_DOTS)
    return "".join(unseen if _is_unseen(one) else one for one in folded)


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) == "Cf" or _FILLERS.match(sign) is not None


def _found(text: str, allowed: Collection[str]) -> Iterator[str]:
    # No host has punctuation of other scripts, but words that stand beside one do: «،» and dashes end a link.
    apart = "".join(" " if one > "\x7f" and _is_mark(one) else one for one in text)
    known = {match.start() for match in _LINK.finditer(apart)}
    for match in _LINK.finditer(apart):
        if not _is_ours(match, allowed) and not _is_title(match):
            yield match[0]
    for match in _OTHER.finditer(apart):  # a name without a dot, a number
        if match.start() not in known:
            yield match[0]


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign)[0] == "P"


def _is_ours(match: re.Match[str], allowed: Collection[str]) -> bool:
    host = match["host"].lower()
    known = any(host == one or host.endswith("." + one) for one in allowed)
    rest = match["rest"].rstrip(_END_OF_SENTENCE)
    is_whole = not rest or rest[0] in "/?#"
    return known and is_whole and (match["scheme"] or "https").lower() == "https"


def _is_title(match: re.Match[str]) -> bool:
    host, rest = match["host"], match["rest"].strip(_END_OF_SENTENCE)
    is_name = _TITLE.fullmatch(host) is not None and host[2:] not in _ARABIC_DOMAINS
    return is_name and match["scheme"] is None and not rest
