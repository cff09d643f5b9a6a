"""What the desk's pages show of a transaction, and the table of its actions."""

from collections.abc import Mapping, Sequence
from typing import Any

from pages import marks
from pages.site import Visit
from portal.api.asking import ask
from portal.api.desk.action_forms import ActedThing, Thing
from portal.api.desk.journal import JournalEntry
from portal.api.transaction_tones import tone_of_status
from portal.domain.transaction_desk import ACTIONS, OUTCOMES, PATH
from portal.outside.services import ServiceAway

KINDS = "/v1/transaction-kinds"


def row_of(transaction: Thing, language: str) -> dict[str, Any]:
    """Returns a transaction as a row of the inbox. Who sees a confidential transaction from outside sees no subject."""
    referred_by = transaction["referred_by"]
    return {
        "address": f"{PATH}/{transaction['transaction_id']}",
        "number": transaction["number"],
        "kind": transaction["kind"][language],
        "subject": transaction["subject"],
        "applicant": transaction["applicant_name"],
        "department": transaction["department"][language],
        "referred_by": referred_by[language] if referred_by else None,
        "status": transaction["status_title"][language],
        "tone": tone_of_status(transaction["status"]),
        "due_on": transaction["due_on"],
        "step_due_on": transaction["step_due_on"],
        "overdue": transaction["overdue"],
        "step_overdue": transaction["step_overdue"],
        "confidential": transaction["confidential"],
    }


def facts_of(visit: Visit, transaction: Thing) -> list[tuple[str, Any]]:
    """Returns what the page of a transaction and the forms of its actions show; who decides sees the missing papers."""
    language = visit.language
    missing = [one[language] for one in transaction["missing_papers"]]
    return [
        (visit.text("transactions_number"), marks.code(transaction["number"])),
        (visit.text("transactions_kind"), transaction["kind"][language]),
        (visit.text("transactions_subject"), marks.sentence(transaction["subject"] or "")),
        (visit.text("transactions_department"), transaction["department"][language]),
        (visit.text("transactions_status"), transaction["status_title"][language]),
        (visit.text("transactions_missing"), f"{visit.text('comma')} ".join(missing) or None),
    ]


def history_of(visit: Visit, moves: Sequence[Thing]) -> list[JournalEntry]:
    """Returns the moves of a transaction, newest first."""
    return [
        JournalEntry(
            at=one["at"],
            act=one["title"][visit.language],
            beside=_beside(visit, one),
            name=one["by"] or None,
            note=one["text"],
        )
        for one in reversed(moves)
    ]


def _beside(visit: Visit, move: Thing) -> list[Any]:
    """Returns the department to which a move has led, and the day by which that department answers."""
    found: list[Any] = []
    if move["to"]:
        found.append(visit.text("transactions_to", department=move["to"][visit.language]))
    if move["due_on"]:
        due = marks.day(move["due_on"], visit.language)
        found.append(visit.text("transactions_move_due", day=due))
    return found


def lists_of(visit: Visit, _transaction: Thing) -> Mapping[str, list[tuple[str, str]]]:
    """Returns the departments to which a transaction may be referred, and the outcomes of a decision. Without the
    service there are no departments, and what was typed stays on the page. Raises TokenRefused."""
    departments = kinds_if_there(visit).get("departments", ())
    return {
        "departments": [(one["code"], one[visit.language]) for one in departments],
        "outcomes": [(one, visit.text(f"transactions_outcome_{one}")) for one in OUTCOMES],
    }


def kinds_if_there(visit: Visit) -> Mapping[str, Any]:
    """Returns the kinds and the departments; nothing while the service is away. Raises TokenRefused."""
    try:
        return ask(visit, KINDS).document
    except ServiceAway:
        return {}


# `complete` has a page of its own, which takes papers.
_ACTIONS = {name: action for name, action in ACTIONS.items() if name != "complete"}
TRANSACTION = ActedThing(PATH, "/v1/transactions", "transactions", _ACTIONS, facts_of, lists_of)
