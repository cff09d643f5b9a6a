"""Direction: an Arabic line turns what has hyphens, signs or spaces between its digits round.

In it `2026-12-24` shows as 24-12-2026, `+966501234567` as 966501234567+, `713 / 7` as 7 / 713, and
`26.56, 50.00` swaps the two. Isolates (U+2066 to U+2069) keep each in its own direction. A text
message can't carry them: see `saudi.sms.turned_round`.
"""

import re
import unicodedata

LEFT_TO_RIGHT, RIGHT_TO_LEFT, END = "\u2066", "\u2067", "\u2069"
# Digits of Arabic keep their own order even in an isolate; only an override puts them in line.
_OVERRIDE, _END_OF_OVERRIDE = "\u202d", "\u202c"
_ARABIC_DIGITS = re.compile("[٠-٩۰-۹]")

_SIGN = r"[0-9A-Za-z٠-٩۰-۹*]"
# A bound to what a look ahead passes over: without one, a text of slashes alone takes time by the square of its length.
_CODE = rf"\+?(?={_SIGN})(?=[A-Za-z/._-]{{0,60}}[0-9٠-٩۰-۹*]){_SIGN}+(?:[-/:.,_٫٬+]{_SIGN}+)*%?"
_TELEPHONE = r"(?:\+966 |0)[0-9]{1,2} [0-9]{3} [0-9]{4}"
_ADDRESS = r"https?://[!-~]*[0-9A-Za-z/]"
# Without what begins or ends another isolate: else a text of beginnings alone takes time by the square of its length.
_INSIDE = "[^\u2066-\u2069]*+"
ISOLATED = re.compile(f"(?P<direction>[\u2066-\u2068])(?P<inside>{_INSIDE}){END}")
_ISOLATE = f"(?P<isolated>[\u2066-\u2068]{_INSIDE}{END})"
_NUMBERS = re.compile(
    rf"{_ISOLATE}|(?<!{_SIGN})(?:{_ADDRESS}|{_TELEPHONE}|{_CODE}(?:(?: ?/ ?|, ){_CODE})*)"
)


def isolate(text: str) -> str:
    """Returns the text in an isolate of its own direction: words of Arabic from the right, everything else,
    numbers in Arabic digits too, from the left."""
    if any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in text):
        return f"{RIGHT_TO_LEFT}{text}{END}"
    if _ARABIC_DIGITS.search(text):
        return f"{LEFT_TO_RIGHT}{_OVERRIDE}{text}{_END_OF_OVERRIDE}{END}"
    return f"{LEFT_TO_RIGHT}{text}{END}"


def isolate_numbers(text: str) -> str:
    """Returns a sentence with each number, date, telephone, code and web address in an isolate; texts in an isolate
    already stay as they are."""
    return _NUMBERS.sub(
        lambda found: found.group() if found["isolated"] else isolate(found.group()), text
    )
