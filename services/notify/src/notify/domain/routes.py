"""A route of the table: what it says, when it applies to an event, and the values of its placeholders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notify.domain.bill_subjects import name_thing
from notify.domain.languages import stand_in
from saudi.money import riyals

REPORT_PAGE, APPOINTMENT_PAGE, FOLLOWING_PAGE, CODE = "report", "appointment", "following", "code"


@dataclass(frozen=True)
class Route:
    """A text for an event. `role`: the role of the contacts. `when`: values that the state has to have. `urgent`: no
    cap and no unconfirmed mobile holds the text back, and no cap counts the text. `optional`: an event without a
    contact leaves no skipped message."""

    event: str
    role: str
    template: str
    values: Mapping[str, str]
    when: Mapping[str, Any] = field(default_factory=dict)
    urgent: bool = False
    optional: bool = False


@dataclass(frozen=True)
class ReminderList:
    """One text a day that lists the things that end soon for contacts of a role: things with the same value at `by`."""

    by: str
    role: str
    template: str


@dataclass(frozen=True)
class ExpiryReminder:
    """Reminds the contact `days` before the last valid day, which stands at `on`. The route's `event` is ignored,
    because every event may move the last valid day. `gathered`: a list for contacts with several things."""

    on: str
    days: Sequence[int]
    route: Route
    gathered: ReminderList | None = None


@dataclass(frozen=True)
class Topic:
    """A topic. `about`: the name of its aggregates; `number`: the place of the number that people know; `events`: all
    event types. `page`: which page the link of its texts opens, a word of LINKS; CODE for texts whose secret is a
    one-time code and no link. `public_page`: the path before the number of the page that everybody reads, which fills
    the placeholder `page`."""

    about: str
    number: str
    events: Sequence[str]
    routes: Sequence[Route]
    ends: ExpiryReminder | None = None
    page: str = REPORT_PAGE
    public_page: str | None = None


GIVEN = object()  # in `when`: any value but null


def look_up(state: Mapping[str, Any], path: str) -> Any:
    """A value of the state; None where a step is missing."""
    value: Any = state
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def routes_of(topic: Topic, happened: str, state: Mapping[str, Any]) -> list[Route]:
    """The rows for an event."""
    return [
        route for route in topic.routes if route.event == happened and matches(route.when, state)
    ]


def matches(when: Mapping[str, Any], state: Mapping[str, Any]) -> bool:
    """Whether the state has these values."""
    return all(
        look_up(state, path) is not None if value is GIVEN else look_up(state, path) == value
        for path, value in when.items()
    )


def values_of(route: Route, state: Mapping[str, Any], language: str) -> dict[str, str]:
    """The values of the placeholders, as texts: dates with slashes, nothing for what the state doesn't have."""
    return {name: _shown(state, source, language) for name, source in route.values.items()}


def _shown(state: Mapping[str, Any], source: str, language: str) -> str:
    path, _, form = source.partition("/")
    value = None if stand_in(language) == "ar" else look_up(state, f"{path}_en")
    value = look_up(state, path) if value is None else value
    text = "" if value is None else str(value)
    if form == "thing":
        return name_thing(value, language)
    if form == "riyals" and isinstance(value, int):
        return riyals(value)
    return text.replace("-", "/") if form == "day" else text
