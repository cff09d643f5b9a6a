"""The limits of the day, for officers."""

from typing import Any

from notify import queries
from notify.context import Call
from notify.domain import floods
from saudi.days import legal_day

View = dict[str, Any]


def get_limits(call: Call) -> View:
    day, caps = legal_day(call.now), call.settings.caps
    used = queries.most_used(call.session, day)
    held = queries.held_by_reason(call.session)
    limits = {floods.MOBILE: caps.to_mobile, floods.ALL: caps.in_all}
    return {
        "day": day.isoformat(),
        "items": [
            {"name": name, "limit": limit, "most_used": used.get(name, 0)}
            for name, limit in limits.items()
        ],
        "held_messages": sum(held.values()),
        "held": [{"reason": reason, "count": count} for reason, count in sorted(held.items())],
    }
