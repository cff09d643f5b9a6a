"""The Atom feed (RFC 4287) of what was published or changed last."""

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as Xml

from chassis.core.states import words
from chassis.core.times import rfc3339
from tenders.catalogue import municipalities

Answer = tuple[bytes, int, dict[str, str]]
ATOM = "http://www.w3.org/2005/Atom"
HEADERS = {"Content-Type": "application/atom+xml; charset=utf-8"}
TITLE = "منافسات بلدية محافظة القطيف ومزايداتها"
EPOCH = "2026-01-01T00:00:00Z"  # of a feed without an entry


def feed_of(rows: Sequence[Any], address: str) -> Answer:
    """Returns the feed. `address`: the public address of the service; `rows`: the newest change first."""
    feed = Xml.Element("feed", {"xmlns": ATOM, "xml:lang": "ar"})
    url = f"{address}/v1/public/tenders-and-leases.atom"
    _add(feed, "id", url)
    _add(feed, "title", TITLE)
    _add(feed, "updated", rfc3339(rows[0].changed_at) if rows else EPOCH)
    Xml.SubElement(feed, "link", {"rel": "self", "href": url})
    author = Xml.SubElement(feed, "author")
    _add(author, "name", municipalities()["qatif"].ar)
    for row in rows:
        _add_entry(feed, row, address)
    text = Xml.tostring(feed, encoding="utf-8", xml_declaration=True)
    return text, 200, dict(HEADERS)


def _add_entry(feed: Xml.Element, row: Any, address: str) -> None:
    said = words(row.inquiry_kind, row.status)["ar"]
    entry = Xml.SubElement(feed, "entry")
    _add(entry, "id", f"urn:uuid:{row.aggregate_id}")
    _add(entry, "title", f"{row.title_ar} ({said})")
    _add(entry, "updated", rfc3339(row.changed_at))
    _add(entry, "published", rfc3339(row.published_at))
    _add(entry, "summary", row.description["ar"])
    href = f"{address}/v1/public/{row.aggregate_type}s/{row.number}"
    Xml.SubElement(entry, "link", {"rel": "alternate", "type": "application/json", "href": href})


def _add(parent: Xml.Element, name: str, text: str) -> None:
    Xml.SubElement(parent, name).text = text
