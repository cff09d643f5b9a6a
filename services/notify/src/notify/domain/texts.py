"""Texts of templates, in which `((name))` stands for a value, and the links in texts.

A link is a value too, and the only secret value: the text is written once with the link's token, for the telephone, and
once without the token, for officers. Texts link by https to the municipality's hosts only: operators in the Kingdom
block other links, and a text of the municipality must not lead elsewhere.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from saudi import sms

PLACEHOLDER = re.compile(r"\(\(([A-Za-z][A-Za-z0-9_ ]{0,49})\)\)")
# A value keeps no sign that breaks a line or turns a text round. A sign without width leaves no blank, so that a number
# or an address is checked and sent as people see it.
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
    """A text. `secret`: the text with its link's token, None without a link. `parts`: the parts of the sent text."""

    public: str
    secret: str | None
    parts: int


def placeholders(body: str) -> tuple[str, ...]:
    """Returns the names of the placeholders, each once, in order."""
    return tuple(dict.fromkeys(PLACEHOLDER.findall(body)))


def write(
    body: str,
    values: Mapping[str, str],
    *,
    link: tuple[str, str] | None = None,
    hidden: str = LINK,
) -> Written:
    """Returns the text for one person. `link`: the address before the token, and the token; the link fills the
    placeholder `hidden`. Another secret is a link without an address. Raises MissingValue."""
    known = dict(values)
    if link is None:
        text = _fill(body, known)
        return Written(text, None, parts_of(text))
    before, token = link
    secret = _fill(body, known | {hidden: before + token})
    return Written(_fill(body, known | {hidden: before + _HIDDEN}), secret, parts_of(secret))


def parts_of(text: str) -> int:
    """Returns the number of parts that the network makes of a text."""
    return len(sms.message(text).parts)


def _fill(body: str, values: Mapping[str, str]) -> str:
    if missing := tuple(name for name in placeholders(body) if name not in values):
        raise MissingValue(missing)
    return PLACEHOLDER.sub(lambda found: _visible_form(values[found[1]]), body)


def _visible_form(value: str) -> str:
    return _BREAKS.sub(" ", _WIDTHLESS.sub("", value)).strip()


# Invisible signs besides format characters (Cf): joiners, fillers, variation selectors.
_FILLERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_DOTS = str.maketrans("\u3002\uff61\uff0e", "...")
# A label of any script; signs of other categories are handled before.
_LABEL = r"[^\s\x00-,./:-@\[-^`{-\x7f]"
# A telephone turns these into a link: an address with a scheme, a bare host name, a bare IP address. Bounded, or a text
# of one long word would take time by the square of its length.
_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]{0,40}"
_LINK = re.compile(
    rf"(?:(?P<scheme>{_SCHEME})://)?"
    rf"(?P<host>(?:{_LABEL}{{1,63}}+\.){{1,20}}(?:[^\W\d_]{_LABEL}+)|(?<![\w.])[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}(?![\w]))"
    r"(?P<rest>\S*)"
)
_OTHER = re.compile(rf"{_SCHEME}://\S*")
_END_OF_SENTENCE = ".,;:!?)]}\"'"
# «م.أحمد» is a title and a name, unless the name is a domain of the first level.
_TITLE = re.compile(r"[\u0621-\u064a]\.[\u0621-\u064a]+")
_ARABIC_DOMAINS = frozenset(
    "شبكة موقع بازار كوم عرب السعودية امارات ابوظبي قطر عمان البحرين الاردن فلسطين مصر تونس المغرب الجزائر سورية"
    " سودان عراق موريتانيا اتصالات ارامكو العليان بيتك كاثوليك همراه مليسيا ایران ايران پاکستان بھارت ڀارت".split()
)


def foreign_links(text: str, allowed: Collection[str]) -> list[str]:
    """Returns the links to other hosts than the `allowed` hosts and their subdomains.

    The text is read as a browser reads a host: once without its invisible signs, and once with blanks in their place,
    because telephones differ.
    """
    readings = (fold_signs(text), fold_signs(text, unseen=" "))
    return list(dict.fromkeys(one for read in readings for one in _find_foreign(read, allowed)))


def fold_signs(text: str, *, unseen: str = "") -> str:
    """Returns the text in compatibility form (NFKC), with plain dots, and `unseen` in place of each invisible sign."""
    shown = "".join(unseen if _is_unseen(one) else one for one in text)
    folded = unicodedata.normalize("NFKC", shown.translate(_DOTS)).translate(_DOTS)
    return "".join(unseen if _is_unseen(one) else one for one in folded)


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) == "Cf" or _FILLERS.match(sign) is not None


def _find_foreign(text: str, allowed: Collection[str]) -> Iterator[str]:
    # No host contains punctuation of other scripts, so «،» and dashes end a link.
    apart = "".join(" " if one > "\x7f" and _is_mark(one) else one for one in text)
    known = {match.start() for match in _LINK.finditer(apart)}
    for match in _LINK.finditer(apart):
        if not _is_allowed(match, allowed) and not _is_title(match):
            yield match[0]
    for match in _OTHER.finditer(apart):  # a host without a dot, a number
        if match.start() not in known:
            yield match[0]


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign)[0] == "P"


def _is_allowed(match: re.Match[str], allowed: Collection[str]) -> bool:
    host = match["host"].lower()
    known = any(host == one or host.endswith("." + one) for one in allowed)
    rest = match["rest"].rstrip(_END_OF_SENTENCE)
    is_whole = not rest or rest[0] in "/?#"
    return known and is_whole and (match["scheme"] or "https").lower() == "https"


def _is_title(match: re.Match[str]) -> bool:
    host, rest = match["host"], match["rest"].strip(_END_OF_SENTENCE)
    is_name = _TITLE.fullmatch(host) is not None and host[2:] not in _ARABIC_DOMAINS
    return is_name and match["scheme"] is None and not rest
