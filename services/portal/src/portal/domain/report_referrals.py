"""A referral of several reports at once: which were chosen, what became of each. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

MOST_CHOSEN = 20
# What a row of the list sends: the id of the report and the version that the list showed.
_CHOSEN = re.compile(r"([0-9a-f-]{36}):([0-9]{1,9}):(14[0-9]{8,11})")


def read_chosen(values: Sequence[str]) -> list[dict[str, Any]]:
    """Returns the chosen reports, each once: id, version, number. A value that no list has sent is left out."""
    found: dict[str, dict[str, Any]] = {}
    for value in values:
        match = _CHOSEN.fullmatch(value)
        if match and _is_id(match[1]):
            found[match[1]] = {"id": match[1], "version": int(match[2]), "number": match[3]}
    return list(found.values())[:MOST_CHOSEN]


def begin_referral(chosen: Sequence[Mapping[str, Any]], key: str) -> dict[str, Any]:
    """Returns a referral that nobody has sent yet. `outcomes`: the id of a report → whether it was referred (`ok`),
    and the `words` of a refusal."""
    return {
        "key": key,
        "chosen": list(chosen),
        "department": "",
        "note": "",
        "is_sent": False,
        "outcomes": {},
    }


def list_open(referral: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the chosen reports of which no outcome is known."""
    return [one for one in referral["chosen"] if one["id"] not in referral["outcomes"]]


def body_of(referral: Mapping[str, Any]) -> dict[str, str]:
    """Returns the body that each report is referred with. Without a department the service's rules choose."""
    return {name: referral[name] for name in ("department", "note") if referral[name]}


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
