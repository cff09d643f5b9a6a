"""Values that another system gives for the placeholders of a template, read as GOV.UK Notify reads them.

Capitals, blanks, hyphens and underscores in a name make no difference; numbers are texts, and a list is joined.
"""

from collections.abc import Mapping
from typing import Any

from notify.domain import texts

_SKIPPED = str.maketrans("", "", " -_")


def key(name: str) -> str:
    """The form under which two spellings of a name meet."""
    return name.translate(_SKIPPED).casefold()


def matched(body: str, given: Mapping[str, Any]) -> dict[str, str]:
    """The values by the names of the text's placeholders. A value of None counts as not given."""
    known = {key(name): value for name, value in given.items() if value is not None}
    return {name: said(known[key(name)]) for name in texts.placeholders(body) if key(name) in known}


def said(value: Any) -> str:
    """A value as the text says it."""
    if isinstance(value, list):
        return "، ".join(map(said, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
