"""What the desk's pages show of tenders and leases, and the things on which staff act."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.core import contracts
from pages import marks
from pages.site import Visit
from portal.api.desk.action_forms import ActedThing, Thing
from portal.api.desk.journal import JournalEntry
from portal.domain.tender_desk import (
    AWARDED,
    DESK_KINDS,
    DRAFT,
    DeskKind,
    accepted_bids,
    doubts_before_publishing,
    next_due,
    standing_bids,
)

Facts = list[tuple[str, Any]]
Choices = list[tuple[str, str]]
_TEXTS = "desk_tender"


def tone_of(kind: DeskKind, status: str) -> str:
    """Returns the tone of the tag of a state. A draft isn't among the states that everybody reads."""
    if status == DRAFT:
        return "neutral"
    tone: str = contracts.read("reference/states.yaml")[kind.name][status]["tone"]
    return marks.tone_of_state(tone)


def row_of(visit: Visit, kind: DeskKind, offering: Thing) -> dict[str, Any]:
    """Returns an offering as a row of the list, with the next moment that somebody waits for."""
    return {
        "address": f"{kind.path}/{offering[kind.id_field]}",
        "title": offering["title"][visit.language],
        "number": offering["number"],
        "status": offering["status_title"][visit.language],
        "tone": tone_of(kind, offering["status"]),
        "due": next_due(offering, visit.now),
        "waiting": offering["questions_waiting"],
        "branch": offering["municipality_title"][visit.language],
    }


def facts_of(visit: Visit, offering: Thing) -> Facts:
    """Returns what a form shows of an offering."""
    number = offering["number"]
    is_draft = offering["status"] == DRAFT
    doubts = doubts_before_publishing(offering, visit.now) if is_draft else []
    return [
        (visit.text("desk_tender_about"), marks.sentence(offering["title"][visit.language])),
        (visit.text("tenders_number"), marks.code(number) if number else None),
        (visit.text("tenders_status"), offering["status_title"][visit.language]),
        *(
            (visit.text(f"tenders_{one}"), marks.moment(offering[one], visit.language))
            for one in ("questions_until", "bids_until", "opens_at")
        ),
        *(
            (visit.text(f"desk_tender_{one}"), marks.day(offering[one], visit.language))
            for one in ("sign_until", "record_until")
            if offering["status"] == AWARDED and offering.get(one)
        ),
        *_questions_waiting(visit, offering),
        *((visit.text("desk_tender_doubt"), visit.text(f"desk_tender_{one}")) for one in doubts),
    ]


def _questions_waiting(visit: Visit, offering: Thing) -> Facts:
    waiting = offering["questions_waiting"]
    if not waiting:
        return []
    count = visit.count("desk_tender_waiting", waiting)
    return [
        (visit.text("tenders_questions"), visit.text("desk_tender_waiting_words", waiting=count))
    ]


def choices_of(visit: Visit, texts: str, codes: Sequence[str]) -> Choices:
    """Returns codes with their words."""
    return [(code, str(visit.text(f"{texts}_{code}"))) for code in codes]


def _lists_of(visit: Visit, kind: DeskKind, offering: Thing) -> Mapping[str, Choices]:
    """Returns the lists of codes, and the bids that an action may name."""
    bids = standing_bids(offering)
    return {
        "sources": choices_of(visit, "desk_tender_source", kind.sources),
        "cancel_codes": choices_of(visit, "desk_tender_cancel", kind.cancel_codes),
        "receipts": [(one["receipt_number"], one["receipt_number"]) for one in bids],
        "accepted_bids": [
            (one["receipt_number"], f"{one['receipt_number']} · {one['bidder']} · {one['amount']}")
            for one in accepted_bids(offering)
        ],
    }


def _acted(kind: DeskKind) -> ActedThing:
    def lists(visit: Visit, offering: Thing) -> Mapping[str, Choices]:
        return _lists_of(visit, kind, offering)

    return ActedThing(kind.path, kind.service_path, _TEXTS, kind.actions, facts_of, lists)


ACTED: Mapping[str, ActedThing] = {one.name: _acted(one) for one in DESK_KINDS.values()}


def history_of(visit: Visit, offering: Thing) -> list[JournalEntry]:
    """Returns the steps of an offering, newest first."""
    return [
        JournalEntry(
            at=one["at"], act=one["title"][visit.language], name=one["by"] or None, note=one["note"]
        )
        for one in reversed(offering["history"])
    ]
