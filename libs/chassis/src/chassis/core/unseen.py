"""Signs that nobody sees in a text: they come in with copied text, hide what is written, or turn a line round."""

import re
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


def without_unseen(text: str) -> str:
    """The text without control, bidirectional and zero-width signs. Tabs and ends of lines stay; those are `\\n`.

    No Arabic or English word needs a joiner of no width: what is written in Persian, and a picture made of several,
    lose it. Isolates around a value are for whoever shows the text to set.
    """
    if text.isprintable() and not _UNSEEN.search(text):
        return text
    return _UNSEEN.sub("", _LINE_ENDS.sub("\n", text))


def all_without_unseen(value: Any) -> Any:
    """Returns a value of JSON, all texts in it `without_unseen`. Names of fields stay as they are."""
    if isinstance(value, str):
        return without_unseen(value)
    if isinstance(value, list):
        return [all_without_unseen(one) for one in value]
    if isinstance(value, dict):
        return {name: all_without_unseen(one) for name, one in value.items()}
    return value
