"""The forms by which citizens act for their establishments and name other people who act for them. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from portal.domain.entry_form import EntryField

Document = Mapping[str, Any]
CLAIM = (EntryField("unified_number", "code", 20),)
DELEGATE = (
    EntryField("unified_number", "code", 20),
    EntryField("id_number", "code", 20, "delegate.id_number"),
    EntryField("until", "day"),
)
END = (EntryField("reason", "line", 120),)
HELD, GIVEN = "held", "given"


def by_relation(delegations: Iterable[Document]) -> dict[str, list[Document]]:
    """Returns a citizen's delegations: those by which the citizen acts, and those that the citizen gave."""
    found: dict[str, list[Document]] = {HELD: [], GIVEN: []}
    for one in delegations:
        found.setdefault(one["relation"], []).append(one)
    return found


def owned_establishments(delegations: Iterable[Document]) -> list[str]:
    """Returns the unified numbers of the establishments that the commercial register says are the citizen's now."""
    return [
        one["unified_number"]
        for one in delegations
        if one["relation"] == HELD and one["basis"] == "register" and one["status"] == "active"
    ]
