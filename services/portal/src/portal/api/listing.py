"""A list in pages: what a page of it asks for, where the next and the first page stand, and what was done before."""

from collections.abc import Collection, Mapping
from typing import Any

from pages.site import Visit
from portal.commands import sessions

NO_LINKS: Mapping[str, Any] = {"next_address": None, "first_address": None}


def page_query(
    visit: Visit, rows: int, filters: Mapping[str, Any] | None = None, *, name: str = "cursor"
) -> dict[str, Any]:
    """Returns the parameters for the page that the address names. `name`: the address's cursor of this list, where a
    page shows several lists."""
    cursor = visit.query.get(name, "")
    return {**(filters or {}), "limit": rows, **({"cursor": cursor} if cursor else {})}


def page_links(visit: Visit, page: Mapping[str, Any], *, name: str = "cursor") -> dict[str, Any]:
    """Returns the addresses of the next and the first page; None where there is none. They don't repeat what was
    done."""
    following = page["next_cursor"]
    is_later = bool(visit.query.get(name))
    return {
        "next_address": visit.address_with(**{name: following}, done=None) if following else None,
        "first_address": visit.address_with(**{name: None}, done=None) if is_later else None,
    }


def note_way_back(visit: Visit) -> None:
    """Keeps the page's address, to which the things on its list lead back. A list that is shown again writes nothing:
    even a row that is only locked makes the commit wait for the disk."""
    if visit.known.last_search != visit.address:
        with visit.process.database.transaction() as session:
            sessions.note_search(session, visit.known.session_id, visit.address)


def chosen_view(query: Mapping[str, str], views: Collection[str], *, name: str = "view") -> str:
    """Returns the view that an address names; the first view for any other name."""
    named = query.get(name, "")
    return named if named in views else next(iter(views))


def done_of(visit: Visit, known: Collection[str]) -> str | None:
    """Returns what was done just before, as the address says; any other word in the address says nothing."""
    named = visit.query.get("done", "")
    return named if named in known else None
