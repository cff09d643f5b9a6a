"""The public pages of tenders and auctions: their kinds, and the searches that an address may have. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.domain.inputs import read_input
from saudi.text import fold_digits

PAGE_ROWS = 10
OPEN, ALL = "published", "all"
# Digits of an identity number or a mobile. No title has as many, and a search stands in an address.
_LONG_NUMBER = re.compile(r"[0-9]{9,}")
_NUMBER = re.compile(r"1[0-9]{5}[45][0-9]{7,8}")


@dataclass(frozen=True)
class OfferingKind:
    """Tenders or auctions. `name` is also the kind of the inquiry. `filter`: the parameter of the service that chooses
    one of the `sorts`."""

    name: str
    path: str
    service_path: str
    statuses: tuple[str, ...]
    filter: str
    sorts: tuple[str, ...]


_BOTH = ("published", "closed", "opened")
TENDERS = OfferingKind(
    "tender",
    "/tenders",
    "/v1/public/tenders",
    (*_BOTH, "awarded", "contracted", "cancelled"),
    "category",
    ("goods", "works", "services"),
)
AUCTIONS = OfferingKind(
    "auction",
    "/auctions",
    "/v1/public/leases",
    (*_BOTH, "negotiating", "awarded", "contracted", "handed_over", "returned", "cancelled"),
    "kind",
    ("long", "temporary", "atm", "tower", "ad_board"),
)


def read_search(kind: OfferingKind, query: Mapping[str, str]) -> dict[str, str]:
    """Returns what an address asks for. Without a choice the offerings that take bids are shown. A value that isn't in
    its list is left out."""
    status, sort = query.get("status", OPEN), query.get("sort", "")
    return {
        "words": read_input(query, "words")[:100],
        "status": status if status in (*kind.statuses, ALL) else OPEN,
        "sort": sort if sort in kind.sorts else "",
        "municipality": read_input(query, "municipality")[:40],
    }


def has_personal_number(words: str) -> bool:
    """Returns whether the words have as many digits as an identity number or a mobile. The number of an offering
    passes."""
    digits = re.sub(r"[\s\u200e\u200f\u2066-\u2069-]", "", fold_digits(words))
    return _LONG_NUMBER.search(digits) is not None and not _NUMBER.fullmatch(digits)


def service_query(kind: OfferingKind, search: Mapping[str, str], cursor: str) -> dict[str, Any]:
    """Returns the parameters for the service."""
    wanted = {
        "words": search["words"],
        "status": "" if search["status"] == ALL else search["status"],
        kind.filter: search["sort"],
        "municipality": search["municipality"],
        "cursor": cursor,
    }
    return {**{name: value for name, value in wanted.items() if value}, "limit": PAGE_ROWS}


def former_documents(offering: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], int]]:
    """Returns the documents and files of the editions before that the offering has no more, each with the last edition
    that had it. The newest edition is the offering itself."""
    present = {_address_of(one) for one in _papers(offering)}
    former = {
        _address_of(paper): (paper, edition["edition"])
        for edition in sorted(offering["editions"], key=lambda one: one["edition"])
        for paper in _papers(edition)
        if _address_of(paper) not in present
    }
    return list(former.values())


def _papers(named: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*named["documents"], *named["files"]]


def _address_of(paper: Mapping[str, Any]) -> str:
    """Returns what tells a document at the platform, or a file, from every other one."""
    return str(paper.get("attachment_id") or paper["url"])


def kind_of_number(number: str) -> OfferingKind:
    """Returns the kind of an offering's number: the seventh digit tells it."""
    return TENDERS if number[6] == "5" else AUCTIONS


def is_offering_number(text: str) -> bool:
    """Returns whether a text is written as the number of an offering."""
    return _NUMBER.fullmatch(text) is not None
