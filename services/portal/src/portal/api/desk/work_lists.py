"""A list of work at a desk: what the service answers to the person's own token, page by page."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import flask

from pages.forms import by_field, place_faults
from pages.site import Visit
from portal.api.asking import ask
from portal.api.listing import note_way_back, page_links
from portal.outside.services import ServiceAway

NO_COUNTS: Mapping[str, int] = {}


def show_work_list(
    visit: Visit,
    path: str,
    query: Mapping[str, Any],
    render: Callable[..., flask.Response],
    *,
    row_of: Callable[[Mapping[str, Any]], Any],
    inputs: Iterable[str] = (),
    parts: Iterable[str] = (),
) -> flask.Response:
    """Shows a page of a list by `render`, which gets the rows with the links to the other pages and the further `parts`
    of the service's answer, or `faults` at the `inputs` that filter the list, or `is_away`. The things on the list lead
    back to it. Raises TokenRefused."""
    try:
        reply = ask(visit, path, query)
    except ServiceAway:
        return render(is_away=True, status=503)
    if reply.is_problem:
        faults = place_faults(reply.document, by_field(inputs))
        return render(faults=faults, status=reply.status)
    note_way_back(visit)
    rows = [row_of(one) for one in reply.document["items"]]
    named = {name: reply.document[name] for name in parts}
    return render(rows=rows, **named, **page_links(visit, reply.document))
