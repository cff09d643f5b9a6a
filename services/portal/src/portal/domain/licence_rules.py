"""The desk for the rules of licences: the name of a version, and what is done to it. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from portal.domain.desk_actions import DeskAction, FormField, by_name
from portal.domain.licence_desk import PATH
from portal.domain.tasks import MANAGE_RULES

RULES = f"{PATH}/rules"
USUAL_REPLAY = "1000"  # how many decisions a form begins with
_REPLAY_LASTS = timedelta(hours=1)  # with the tries after a failure
_NAME = re.compile(r"20[0-9]{2}\.[0-9]{1,3}")
_MANAGE = (MANAGE_RULES,)
ACTIONS = by_name(
    DeskAction("replay", "replay", (FormField("applications", "number", 4),), _MANAGE),
    DeskAction("approve", "approve", (FormField("digest", "hidden", 64),), _MANAGE),
    DeskAction("withdraw", "withdraw", (FormField("reason"),), _MANAGE, is_versioned=True),
)
TONES = {
    "proposed": "warning",
    "upcoming": "info",
    "in_force": "success",
    "past": "neutral",
    "withdrawn": "neutral",
}


def tables_address(versions: Sequence[Mapping[str, Any]]) -> str | None:
    """Returns the page of the tables in force, where a fee gets a new amount without a file; None without a version in
    force."""
    names = (one["name"] for one in versions if one["status"] == "in_force")
    name = next(names, None)
    return f"{RULES}/{name}/tables" if name else None


def joined_differences(differences: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns the differences as the page shows them, one line a change: a row that is new, or left out, is one line
    with its `fields`; every other difference is a line of its own, without them."""
    found: list[dict[str, Any]] = []
    for one in differences:
        is_whole = one["change"] in ("added", "removed") and None in (one["before"], one["after"])
        if not is_whole:
            found.append({**one, "fields": []})
        elif found and found[-1]["fields"] and _is_same_row(found[-1], one):
            found[-1]["fields"].append(one)
        else:
            found.append({**one, "fields": [one]})
    return found


def _is_same_row(line: Mapping[str, Any], one: Mapping[str, Any]) -> bool:
    """Returns whether a difference belongs to the row of the line. A field that repeats begins another row."""
    names = ("part", "code", "title", "change")
    is_repeated = any(field["field"] == one["field"] for field in line["fields"])
    return all(line[name] == one[name] for name in names) and not is_repeated


def is_replay_stuck(asked_at: str, now: datetime) -> bool:
    """Returns whether a replay without a result was asked for so long ago that it fails."""
    return now - datetime.fromisoformat(asked_at) > _REPLAY_LASTS


def is_version_name(text: str) -> bool:
    """Returns whether the text is the name of a version, such as `2027.1`."""
    return _NAME.fullmatch(text) is not None
