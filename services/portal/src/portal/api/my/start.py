"""A citizen's start page: what is to do and by when, the citizen's permits and licences in short, and who looked at
them."""

from collections.abc import Mapping
from typing import Any

import flask

from pages.site import Visit
from portal import catalogue
from portal.api.asking import Question, ask_at_once
from portal.domain import my_duties
from portal.domain.areas import MY
from portal.domain.licence_applications import NOBODY, who_acts
from portal.domain.my_duties import APPLICATIONS, PERMITS, SOURCES, Duty
from portal.domain.tasks import MY_PAGE

_ROWS, _SHORT = 50, 5
_DUTIES_SHOWN = 10  # the others fold away
_LOOKS, _LICENCES = "/v1/my/person-searches", "/v1/my/licences"


def show_start(visit: Visit) -> flask.Response:
    """GET /my/start. A service that's away leaves its place with a sentence; the others stand. A person who signed in
    for one service signs in for all of them first, which needs no new proof of who it is."""
    if visit.known.task != MY_PAGE:
        return visit.see_other(MY.sign_in_for(MY_PAGE))
    *pages, licences, looks = _ask_for_lists(visit)
    lists = dict(zip((one.name for one in SOURCES), pages, strict=True))
    found = {name: page for name, page in lists.items() if page is not None}
    duties = [
        duty
        for one in SOURCES
        if (page := found.get(one.name))
        for duty in one.duties_in(page["items"])
    ]
    permits = found.get(PERMITS.name)
    return visit.render(
        "my_start.html",
        duties=[(one, _address_of(one)) for one in my_duties.in_order(duties)],
        most_shown=_DUTIES_SHOWN,
        away=[name for name in lists if name not in found],
        cut=[name for name, page in found.items() if page["next_cursor"]],
        permits=permits["items"][:_SHORT] if permits else None,
        shops=_shops_of(found.get(APPLICATIONS.name), licences),
        has_more_permits=permits is not None and len(permits["items"]) > _SHORT,
        looks=looks["items"] if looks else None,
        branches=catalogue.branches(),
    )


def _ask_for_lists(visit: Visit) -> list[Mapping[str, Any] | None]:
    """Returns the first page of each list, and at the end of the licences and of the searches for the person; None
    where the service is away or answers with a problem. Raises TokenRefused."""
    questions = [Question(one.service, one.path, {"limit": _ROWS}) for one in SOURCES]
    licences = Question(APPLICATIONS.service, _LICENCES, {"limit": _SHORT})
    searches = Question(PERMITS.service, _LOOKS, {"limit": _SHORT})
    replies = ask_at_once(visit, [*questions, licences, searches])
    return [None if one is None or one.is_problem else one.document for one in replies]


def _shops_of(
    applications: Mapping[str, Any] | None, licences: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """Returns the newest licences and the newest open applications; None where the service is away."""
    if applications is None or licences is None:
        return None
    open_ones = [one for one in applications["items"] if who_acts(one) != NOBODY]
    return {"licences": licences["items"][:_SHORT], "applications": open_ones[:_SHORT]}


def _address_of(duty: Duty) -> str:
    """Returns the page of the duty's thing, or the page about the things of its list."""
    source = next(one for one in SOURCES if one.name == duty.source)
    return f"{source.things}/{duty.thing_id}" if source.things else source.page
