"""The desk of transactions: the views of its inbox, and the actions on a transaction. Pure."""

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlencode

from portal.domain.desk_actions import DeskAction, FormField, by_name
from portal.domain.tasks import (
    DECIDE_TRANSACTIONS,
    ENTER_TRANSACTIONS,
    PROCESS_TRANSACTIONS,
    REVEAL_APPLICANTS,
)
from saudi.text import fold_digits

PATH = "/desk/transactions"
PAGE_ROWS = 20
TEXT_SIGNS, SUBJECT_SIGNS, LETTER_SIGNS = 2_000, 300, 5_000
# View → what the service is asked for. The first one is shown without a choice.
VIEWS: Mapping[str, Mapping[str, Any]] = {
    "with_department": {"status": "with_department"},
    "overdue": {"overdue": "true"},
    "step_overdue": {"step_overdue": "true"},
    "returned": {"status": "returned"},
    "approved": {"status": "approved"},
    "refused": {"status": "refused"},
    "replied": {"status": "replied"},
    "all": {},
}
FIRST_VIEW = "with_department"
FILTERS = ("department", "kind", "municipality")
OUTCOMES = ("approved", "refused", "replied")
_DECIDED = OUTCOMES
_OPEN = ("with_department",)
_CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")
# The seventh digit tells a transaction from other series; no identity number and no mobile is as long.
_NUMBER = re.compile(r"1[0-9]{5}7[0-9]{6,8}")
_NOTE, _REASON = FormField("note", most=TEXT_SIGNS), FormField("reason")
ACTIONS = by_name(
    DeskAction(
        "refer",
        "refer",
        (FormField("department", "departments", 40), _NOTE, FormField("working_days", "number", 3)),
        (ENTER_TRANSACTIONS, PROCESS_TRANSACTIONS),
        leads_to_list=True,
        is_versioned=True,
    ),
    DeskAction("note", "notes", (FormField("text", most=TEXT_SIGNS),), (PROCESS_TRANSACTIONS,)),
    DeskAction("return", "return", (_NOTE,), (PROCESS_TRANSACTIONS,), is_versioned=True),
    # Takes papers, so its form is `transaction_entry.COMPLETION`.
    DeskAction("complete", "complete", scopes=(ENTER_TRANSACTIONS,)),
    DeskAction(
        "decide",
        "decide",
        (FormField("outcome", "outcomes", 20), _NOTE),
        (DECIDE_TRANSACTIONS,),
        is_versioned=True,
    ),
    DeskAction(
        "letter",
        "letters",
        (
            FormField("recipient", "line", 150),
            FormField("subject", "line", SUBJECT_SIGNS),
            FormField("body", most=LETTER_SIGNS),
        ),
        (DECIDE_TRANSACTIONS,),
        is_versioned=True,
    ),
    DeskAction("file", "file", (_REASON,), (PROCESS_TRANSACTIONS,), is_versioned=True),
    DeskAction(
        "withdraw",
        "withdraw",
        (_REASON,),
        (ENTER_TRANSACTIONS, PROCESS_TRANSACTIONS),
        is_versioned=True,
    ),
    DeskAction("reveal", "reveal", (_REASON,), (REVEAL_APPLICANTS,), shows_answer=True),
)
# Action → the statuses in which the page offers it; the service has the rule. Others are offered always.
_STATUSES = {
    "refer": _OPEN,
    "return": _OPEN,
    "decide": _OPEN,
    "complete": ("returned",),
    "file": (*_OPEN, *_DECIDED),
    "withdraw": (*_OPEN, "returned"),
    "note": (*_OPEN, "returned", *_DECIDED),
    "letter": (*_OPEN, "returned", *_DECIDED),
}

# What the registry does too; all else is for the department that has the transaction.
_OF_REGISTRY = ("refer", "complete", "withdraw")


def view_of(query: Mapping[str, str]) -> str:
    """Returns the view that an address names; the first view for any other name."""
    named = query.get("view", FIRST_VIEW)
    return named if named in VIEWS else FIRST_VIEW


def filters_of(query: Mapping[str, str]) -> dict[str, str]:
    """Returns the filters of an address. A value that is no code is left out: it's asked nowhere."""
    chosen = {name: query.get(name, "") for name in FILTERS}
    return {name: value for name, value in chosen.items() if _CODE.fullmatch(value)}


def inbox_query(query: Mapping[str, str]) -> dict[str, Any]:
    """Returns the parameters for the service. A number is looked for in every state."""
    cursor = query.get("cursor", "")
    page = {"limit": PAGE_ROWS, **({"cursor": cursor} if cursor else {})}
    if number := transaction_number(query.get("number", "")):
        return {"number": number, **page}
    return {**VIEWS[view_of(query)], **filters_of(query), **page, "with_counts": "true"}


def address_of(view: str, filters: Mapping[str, str]) -> str:
    """Returns the address of a view, with the filters that narrow it."""
    return f"{PATH}?{urlencode({'view': view, **filters})}"


def transaction_number(typed: str) -> str | None:
    """Returns a transaction's number as the service writes it, or None for anything else, such as an identity
    number."""
    digits = re.sub(r"[\s\u200e\u200f\u2066-\u2069-]", "", fold_digits(typed))
    return digits if _NUMBER.fullmatch(digits) else None


def list_offered_actions(
    status: str, scopes: Collection[str], *, in_charge: bool, is_from_portal: bool = False
) -> list[str]:
    """Returns the names of the actions that the page offers. `in_charge`: the transaction is with a department of the
    person; the registry alone refers elsewhere, and records what an applicant does. `is_from_portal`: its applicant
    entered it, and is owed a decision before it's filed."""
    is_registry = ENTER_TRANSACTIONS in scopes
    is_owed = is_from_portal and status in _OPEN
    return [
        name
        for name, action in ACTIONS.items()
        if status in _STATUSES.get(name, (status,))
        and not set(action.scopes).isdisjoint(scopes)
        and (in_charge or (is_registry and name in _OF_REGISTRY))
        and not (is_owed and name == "file")
    ]


def told_of(action: str | None, transaction: Mapping[str, Any]) -> str | None:
    """Returns whether a text goes to the applicant after an action: `by_text`, or why no text goes out; None after an
    action that concerns nobody outside. The service sends no text without a mobile, none of a confidential transaction,
    and none of a letter."""
    is_told = action in ("return", "decide") or (action == "file" and not transaction["decided_on"])
    if not (is_told or action == "letter"):
        return None
    if transaction["confidential"]:
        return "confidential"
    if action == "letter":
        return action
    applicant = transaction["applicant"] or {}
    return "by_text" if applicant.get("mobile") else "no_mobile"
