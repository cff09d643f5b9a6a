"""The things about which the walks through the inquiry ask, as the portal's consumer keeps them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chassis.data.db import Database
from chassis.data.sealing import Keyring
from chassis.events.inquiry import Known, digits_of, match_keys
from portal.commands.inquiry_things import keep_things
from portal.domain.inquiry_things import ThingEvent
from saudi.days import legal_day

INQUIRY_KEY = "I" * 42 + "M"
REPORT, PERMIT, LICENCE, UNKNOWN = "1448104233", "1448/1312", "144804000017", "1448104299"
ASKED_REPORT = "1448104234"
MOBILE = "0500000001"
_KNOWN = Known(by="mobile", value="+966500000001")
_NOW = datetime.now(UTC)


def keep_sample_things(database_url: str) -> None:
    """Writes a report with its timeline, a report with a question, a permit, and a licence of the public register."""
    database = Database(database_url)
    with database.transaction() as session:
        keep_things(
            session,
            [
                *_versions("report", REPORT, ("new", "assigned", "in_progress")),
                *_versions("report", ASKED_REPORT, ("new", "waiting_reporter")),
                *_versions("building_permit", PERMIT, ("valid",), expires_on=_day(900)),
                *_versions("shop_licence", LICENCE, ("valid",), public=True, expires_on=_day(90)),
                *_counted_reports(),
            ],
        )
    database.dispose()


def _counted_reports() -> list[ThingEvent]:
    """Returns emptied reports of the months before, for the public figures."""
    today = legal_day(_NOW)
    return [
        ThingEvent(
            thing_id=f"counted-{days}-{place}",
            version=1,
            block={
                **dict.fromkeys(("due_on", "decided_on")),
                "kind": "report",
                "municipality": "saihat",
                "opened_on": _day(-days),
                "match": [],
                "public": False,
            },
            day=today,
            at=_NOW,
            read_at=_NOW,
            category=("pothole", "light-out")[place % 2],
        )
        for days, count in ((40, 31), (70, 24), (100, 3), (130, 18))
        for place in range(count)
    ]


def _versions(kind: str, number: str, statuses: Sequence[str], **block: Any) -> list[ThingEvent]:
    """Returns what the events of a thing say, one for each status, a day apart."""
    (key, *_) = match_keys(Keyring.parse(INQUIRY_KEY), kind, number, _KNOWN)
    whole = {
        "number": number,
        "number_digits": digits_of(number),
        "kind": kind,
        "opened_on": _day(-3),
        "due_on": _day(2) if kind == "report" else None,
        "decided_on": None,
        "expires_on": None,
        "municipality": "safwa",
        "next_step": _next_step(kind, statuses[-1]),
        "match": [{"by": "mobile", "key": key}],
        "public": False,
        **block,
    }
    return [
        ThingEvent(
            thing_id=f"{kind} {number}",
            version=version,
            block={**whole, "status": status},
            day=date.fromisoformat(_day(version - len(statuses))),
            at=_NOW,
            read_at=_NOW,
        )
        for version, status in enumerate(statuses, start=1)
    ]


def _next_step(kind: str, status: str) -> str:
    if status in ("waiting_reporter", "returned"):
        return "applicant"
    return "municipality" if kind == "report" else "none"


def _day(days: int) -> str:
    return (legal_day(_NOW) + timedelta(days=days)).isoformat()
