"""The desk of tenders and leases: the lists of both, the actions on an offering, and when a page offers them. Pure.

The service decides. The page leaves out what the published times and the state of an offering can't allow.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.domain.desk_actions import DeskAction, FormField, by_name
from portal.domain.offerings import AUCTIONS, TENDERS, OfferingKind
from portal.domain.tasks import (
    AWARD_TENDERS,
    OPEN_BIDS,
    PREPARE_TENDERS,
    PUBLISH_TENDERS,
    RECEIVE_BIDS,
)
from saudi.days import legal_day
from saudi.text import fold_digits
from saudi.working_time import SUNDAY_TO_THURSDAY

PAGE_ROWS = 20
DRAFT, PUBLISHED, CLOSED, OPENED, AWARDED = "draft", "published", "closed", "opened", "awarded"
NEGOTIATING, CONTRACTED, HANDED_OVER = "negotiating", "contracted", "handed_over"
ALL = "all"
FEW_DAYS = timedelta(days=7)
MOMENTS = ("questions_until", "bids_until", "opens_at")
ANSWER, DISMISS = "answer", "dismiss"
_WORDS_SIGNS, _NOTE_SIGNS, _REASON_SIGNS = 2_000, 500, 400
_BEFORE_CONTRACT = (DRAFT, PUBLISHED, CLOSED, OPENED, NEGOTIATING, AWARDED)
_NOTE = FormField("note", most=_NOTE_SIGNS)
_MINUTES = FormField("minutes_number", "line", 40)
_BID = FormField("receipt_number", "accepted_bids", 40)

_OF_BOTH = (
    DeskAction("publish", "publish", (), (PUBLISH_TENDERS,), is_versioned=True),
    DeskAction(
        "receive",
        "bids",
        (
            FormField("receipt_number", "code", 40, has_ascii_digits=True),
            FormField("source", "sources", 20),
        ),
        (RECEIVE_BIDS,),
    ),
    DeskAction(
        "withdraw_receipt",
        "bids/withdraw",
        (FormField("receipt_number", "receipts", 40), FormField("reason", most=_REASON_SIGNS)),
        (OPEN_BIDS,),
    ),
    DeskAction(
        "contract",
        "contract",
        (FormField("contract_number", "line", 40), FormField("signed_on", "day", 20)),
        (AWARD_TENDERS,),
        is_versioned=True,
    ),
    DeskAction(
        "cancel",
        "cancel",
        (
            FormField("code", "cancel_codes", 30),
            FormField("reason_ar", most=_WORDS_SIGNS, path="reason.ar"),
            FormField("reason_en", most=_WORDS_SIGNS, path="reason.en"),
        ),
        (PUBLISH_TENDERS,),
        is_versioned=True,
    ),
)
TENDER_ACTIONS = by_name(
    *_OF_BOTH,
    DeskAction("award", "award", (_BID, _MINUTES), (AWARD_TENDERS,), is_versioned=True),
)
LEASE_ACTIONS = by_name(
    *_OF_BOTH,
    DeskAction("negotiate", "negotiate", (_NOTE,), (AWARD_TENDERS,), is_versioned=True),
    DeskAction(
        "award",
        "award",
        (_BID, _MINUTES, FormField("amount", "code", 20)),
        (AWARD_TENDERS,),
        is_versioned=True,
    ),
    DeskAction(
        "hand_over",
        "hand-over",
        (FormField("report_number", "line", 40), FormField("handed_over_on", "day", 20)),
        (AWARD_TENDERS,),
        is_versioned=True,
    ),
    DeskAction("extend", "extend", (_NOTE,), (AWARD_TENDERS,), is_versioned=True),
    DeskAction("return", "return", (_NOTE,), (AWARD_TENDERS,), is_versioned=True),
)


@dataclass(frozen=True)
class DeskKind:
    """Tenders or leases, as staff work on them. `public`: the kind as everybody reads it. `sources`: where bids come
    from; `cancel_codes`: the reasons of a cancellation."""

    public: OfferingKind
    path: str
    service_path: str
    id_field: str
    actions: Mapping[str, DeskAction]
    sources: tuple[str, ...]
    cancel_codes: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.public.name

    @property
    def views(self) -> tuple[str, ...]:
        """Returns the views of the list: a state each, and all."""
        return (PUBLISHED, DRAFT, *self.public.statuses[1:], ALL)


TENDER_DESK = DeskKind(
    TENDERS,
    "/desk/tenders",
    "/v1/tenders",
    "tender_id",
    TENDER_ACTIONS,
    ("etimad", "paper"),
    ("no-bids", "none-accepted", "winner-silent", "need-ended", "error"),
)
LEASE_DESK = DeskKind(
    AUCTIONS,
    "/desk/leases",
    "/v1/leases",
    "lease_id",
    LEASE_ACTIONS,
    ("furas", "paper"),
    ("no-bids", "none-accepted", "below-minimum", "winner-silent", "need-ended", "error"),
)
# The last part of a list's path → its kind.
DESK_KINDS: Mapping[str, DeskKind] = {"tenders": TENDER_DESK, "leases": LEASE_DESK}

# A page with fields of its own → the scope that it needs. The others are rows of the kind's actions.
FORMS: Mapping[str, str] = {"edit": PREPARE_TENDERS, "amend": PUBLISH_TENDERS, "open": OPEN_BIDS}
# Action or form → the states in which the page offers it.
_STATUSES: Mapping[str, Collection[str]] = {
    "edit": (DRAFT,),
    "publish": (DRAFT,),
    "amend": (PUBLISHED,),
    "receive": (PUBLISHED,),
    "withdraw_receipt": (PUBLISHED, CLOSED),
    # The opening closes an offering whose deadline is over and which the clock hasn't closed yet.
    "open": (PUBLISHED, CLOSED),
    "negotiate": (OPENED,),
    "award": (OPENED, NEGOTIATING),
    "contract": (AWARDED,),
    "hand_over": (CONTRACTED,),
    "extend": (HANDED_OVER,),
    "return": (HANDED_OVER,),
    "cancel": _BEFORE_CONTRACT,
}
# Without an accepted bid only a cancellation is left.
_OF_ACCEPTED = ("negotiate", "award")


def offered_actions(
    kind: DeskKind, offering: Mapping[str, Any], scopes: Collection[str], now: datetime
) -> list[str]:
    """Returns the forms and actions that the page offers, in the order of an offering's life."""
    return [
        name
        for name, statuses in _STATUSES.items()
        if offering["status"] in statuses
        and (name not in _OF_ACCEPTED or accepted_bids(offering))
        and _is_held(kind, name, scopes)
        and _is_in_time(name, offering, now)
    ]


def accepted_bids(offering: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Returns the bids that the committee has accepted."""
    return [one for one in standing_bids(offering) if one["accepted"]]


def _is_held(kind: DeskKind, name: str, scopes: Collection[str]) -> bool:
    if name in FORMS:
        return FORMS[name] in scopes
    return name in kind.actions and not set(kind.actions[name].scopes).isdisjoint(scopes)


def _is_in_time(name: str, offering: Mapping[str, Any], now: datetime) -> bool:
    bids_until, opens_at = (datetime.fromisoformat(offering[one]) for one in MOMENTS[1:])
    if name in ("amend", "receive"):
        return now < bids_until
    if name == "withdraw_receipt":
        return now < opens_at
    if name == "open":
        return now >= opens_at
    if name in ("extend", "return"):
        is_over = legal_day(now).isoformat() > offering["ends_on"]
        may_extend = offering["kind"] == "temporary" and not offering["extended"]
        return is_over if name == "return" else may_extend and not is_over
    return True


def may_reply(offering: Mapping[str, Any], scopes: Collection[str]) -> bool:
    """Returns whether the page offers to answer or dismiss the questions of an offering."""
    return PUBLISH_TENDERS in scopes and offering["status"] in (PUBLISHED, CLOSED)


@dataclass(frozen=True)
class DueMoment:
    """The next published moment of an offering. `is_over`: somebody has to act now."""

    name: str
    at: str
    is_over: bool


def next_due(offering: Mapping[str, Any], now: datetime) -> DueMoment | None:
    """Returns the next moment of an offering; None where no moment is published for what comes next."""
    status = offering["status"]
    if status not in (DRAFT, PUBLISHED, CLOSED):
        return None
    ahead = [one for one in MOMENTS if datetime.fromisoformat(offering[one]) > now]
    name = MOMENTS[-1] if status == CLOSED or not ahead else ahead[0]
    return DueMoment(name, offering[name], name not in ahead)


def doubts_before_publishing(offering: Mapping[str, Any], now: datetime) -> list[str]:
    """Returns what is lawful and rarely meant: few days for bids, and bids that end when nobody works."""
    ends = datetime.fromisoformat(offering["bids_until"])
    is_weekend = legal_day(ends).weekday() not in SUNDAY_TO_THURSDAY
    doubts = {"few_days": ends - now < FEW_DAYS, "weekend": is_weekend}
    return [name for name, is_so in doubts.items() if is_so]


def typed_number(typed: str) -> str:
    """Returns a number in the digits of the service, without what people type between the digits."""
    return "".join(fold_digits(typed).replace("-", " ").split())


def standing_bids(offering: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Returns the received bids that weren't withdrawn, as far as the service shows them to the person."""
    return [one for one in offering["bids"] if one["withdrawn_at"] is None]


def bid_rows(offering: Mapping[str, Any]) -> list[str]:
    """Returns the numbers of the receipts that the committee reads at the opening."""
    return [one["receipt_number"] for one in standing_bids(offering)]
