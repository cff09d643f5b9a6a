"""A page with a map that needs no script: the first click zooms in, the second one chooses a point."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import flask
from markupsafe import Markup

from pages.forms import NO_FAULTS, Faults, FieldFault
from pages.site import Visit
from pages.words import AR, EN
from portal import catalogue
from portal.domain.place_map import CLOSEST, SIDE, WHOLE, MapView, place_of, point_at, read_view

PICTURE = "/report/map.svg"
_SVG = "image/svg+xml"


@dataclass(frozen=True, kw_only=True)
class MapPage:
    """A page with the map. `back`: the page of the form for which a point is chosen; `texts` begins the names of the
    page's texts."""

    address: str
    back: str
    texts: str


def show_map(visit: Visit, page: MapPage) -> flask.Response:
    """Shows the whole governorate, or the part around the point of the address."""
    return _show(visit, page, _view_of(visit))


def choose_point(visit: Visit, page: MapPage) -> tuple[str, str] | flask.Response:
    """Returns latitude and longitude of the click; or the page with the part that was clicked, or with a fault."""
    view = read_view(visit.form.get("latitude", ""), visit.form.get("longitude", ""))
    point = _clicked(visit, view)
    if point is None:
        fault = FieldFault("point", visit.text(f"{page.texts}_beside"))
        return _show(visit, page, view, faults=Faults([fault]), status=400)
    latitude, longitude = (f"{one:.4f}" for one in point)
    if view.level < CLOSEST:
        return visit.see_other(f"{page.address}?latitude={latitude}&longitude={longitude}")
    return latitude, longitude


def send_picture(visit: Visit) -> flask.Response:
    """GET /report/map.svg: the picture of a view."""
    return visit.send_picture(_draw(_view_of(visit), visit.language).encode(), _SVG)


def _view_of(visit: Visit) -> MapView:
    return read_view(visit.query.get("latitude", ""), visit.query.get("longitude", ""))


def _clicked(visit: Visit, view: MapView) -> tuple[float, float] | None:
    try:
        x, y = (int(visit.form.get(f"point.{axis}", "")) for axis in "xy")
    except ValueError:
        return None
    return point_at(view, x, y)


def _show(
    visit: Visit,
    page: MapPage,
    view: MapView,
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
) -> flask.Response:
    point = "" if view == WHOLE else f"&latitude={view.latitude}&longitude={view.longitude}"
    return visit.render(
        "place_map.html",
        status=status,
        toggle=f"{page.address}?lang={EN if visit.language == AR else AR}{point}",
        faults=faults,
        page=page,
        picture=PICTURE,
        view=view,
        is_whole=view == WHOLE,
        side=SIDE,
    )


def _draw(view: MapView, language: str) -> Markup:
    """Returns the map as SVG: a grid, the towns with a known centre, and the scale."""
    lines = [
        Markup('<path d="M{at} 0V{side}M0 {at}H{side}"/>').format(at=SIDE * step // 4, side=SIDE)
        for step in range(1, 4)
    ]
    quarter = f"{view.kilometres / 4:.1f}"
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" viewBox="0 0 {side} {side}"'
        ' font-family="sans-serif" font-size="13">'
        '<rect width="{side}" height="{side}" fill="#f3fcf6"/><g stroke="#b8eacb">{lines}</g>'
        '<rect x="0.5" y="0.5" width="{edge}" height="{edge}" fill="none" stroke="#6c727e"/>{towns}'
        '<path d="M8 276H{scale}" stroke="#1f2a37" stroke-width="3"/>'
        '<text x="8" y="268" fill="#1f2a37">{quarter} {unit}</text></svg>'
    ).format(
        side=SIDE,
        edge=SIDE - 1,
        lines=Markup("").join(lines),
        towns=Markup("").join(_draw_towns(view, language)),
        scale=8 + SIDE // 4,
        quarter=quarter,
        unit="كم" if language == AR else "km",
    )


def _draw_towns(view: MapView, language: str) -> Iterator[Markup]:
    """Yields the towns of a view. A name stands above its town, else below it, and is left out between other names."""
    named: list[tuple[float, float]] = []
    for words, latitude, longitude in catalogue.town_centres():
        place = place_of(view, latitude, longitude)
        if place is None:
            continue
        x, y = place
        yield Markup('<circle cx="{:.0f}" cy="{:.0f}" r="4" fill="#1b8354"/>').format(x, y)
        free = [(x, line) for line in (y - 8, y + 18) if not _is_taken((x, line), named)]
        if free:
            named.append(free[0])
            yield Markup(
                '<text x="{:.0f}" y="{:.0f}" text-anchor="middle" fill="#1f2a37">{}</text>'
            ).format(*free[0], words.in_language(language))


def _is_taken(place: tuple[float, float], named: Sequence[tuple[float, float]]) -> bool:
    """Returns whether a name at this place would lie on another name."""
    return any(abs(place[0] - x) < 72 and abs(place[1] - y) < 15 for x, y in named)
