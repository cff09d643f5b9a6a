"""The desk for the rules of licences: the name of a version, and what is done to it. Pure."""

import re
from datetime import datetime, timedelta

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


def is_replay_stuck(asked_at: str, now: datetime) -> bool:
    """Returns whether a replay without a result was asked for so long ago that it fails."""
    return now - datetime.fromisoformat(asked_at) > _REPLAY_LASTS


def is_version_name(text: str) -> bool:
    """Returns whether the text is the name of a version, such as `2027.1`."""
    return _NAME.fullmatch(text) is not None
