"""The map on which two clicks choose the place of a draft's shop."""

from uuid import UUID

import flask

from pages.site import Visit
from portal.api.my.licences.asking import DRAFTS
from portal.api.my.licences.drafts import address_of_step
from portal.api.place_maps import MapPage, choose_point
from portal.api.place_maps import show_map as show_map_page


def show_map(visit: Visit, draft_id: UUID) -> flask.Response:
    """GET /my/licences/drafts/{id}/map."""
    return show_map_page(visit, _page_of(draft_id))


def submit_point(visit: Visit, draft_id: UUID) -> flask.Response:
    """POST /my/licences/drafts/{id}/map: shows the part that was clicked, or leads to the step, which fills the point
    in."""
    page = _page_of(draft_id)
    chosen = choose_point(visit, page)
    if isinstance(chosen, flask.Response):
        return chosen
    return visit.see_other(f"{page.back}?latitude={chosen[0]}&longitude={chosen[1]}&done=point")


def _page_of(draft_id: UUID) -> MapPage:
    return MapPage(
        address=f"{DRAFTS}/{draft_id}/map",
        back=address_of_step(draft_id, "place"),
        texts="my_licence_map",
    )
