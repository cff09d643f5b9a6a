"""Issues what an application asked for: a licence, its renewal, its end. By the system, once everything is in order."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.ids import new_id
from chassis.data.aggregates import lock
from chassis.data.numbers import draw
from licences.catalogue import rules_named
from licences.commands.other_licences import is_place_stopped, lock_replaced_licence
from licences.commands.recording import record_application, record_licence
from licences.domain import licences
from licences.domain.applications import LICENCES, Action, Status, number_text
from licences.domain.licences import renewed_until, term_from
from licences.domain.requests import CANCEL, ISSUE, RENEW, main_first
from licences.domain.rules import Rules
from licences.models import Application, Inspection, Licence
from saudi.bilingual import Bilingual
from saudi.days import hijri_year, legal_day
from saudi.text import search_key

MOVED, BY_OWNER = "moved", "by-owner"
NOT_VALID = "licence-not-valid"
_STOPPED_THERE = Bilingual(
    "أُوقفت رخصة للمنشأة أو لمالكها في الموقع، أو أُغلق محلها، قبل إتمام الطلب.",
    "A licence of the establishment or its owner at the place was suspended or closed before the"
    " application was carried out.",
)
_NOT_VALID = Bilingual(
    "أُوقفت الرخصة أو أُغلق محلها أو ألغيت قبل إتمام الطلب.",
    "The licence was suspended, closed or cancelled before the application was carried out.",
)


def may_be_issued(session: Session, row: Application, *, just_decided: bool = False) -> bool:
    """Whether the licence that is to be renewed, ended or left can still be, which is locked now: meanwhile it may have
    been suspended, or its place closed. One that's to be left may have ended before. And whether nothing was stopped at
    the place of a new one of which the decision doesn't know, unless it was made just now."""
    if row.request != ISSUE:
        return bool(_lock_licence_of(session, row).status == licences.Status.VALID)
    left = lock_replaced_licence(session, row)
    if left is not None and left.status in licences.STOPPED:
        return False
    return just_decided or _knows_of_stopped(row) or not is_place_stopped(session, row)


def reasons_not_issued(row: Application) -> list[dict[str, str]]:
    """What's told of an application that can't be carried out any more."""
    is_of_licence = row.request != ISSUE or row.replaces_licence_no is not None
    return [(_NOT_VALID if is_of_licence else _STOPPED_THERE).pair()]


def _knows_of_stopped(row: Application) -> bool:
    """Then an officer has approved it."""
    return any(
        one["code"] == "place-not-stopped" and not one["satisfied"]
        for one in (row.decision or {}).get("findings", ())
    )


def fulfil_application(
    session: Session, row: Application, actor: Actor, *, now: datetime
) -> Licence:
    """What the locked application asks for happens, and the application ends with it."""
    if row.request == RENEW:
        licence = _renew_licence(session, row, actor, now=now)
    elif row.request == CANCEL:
        licence = _cancel_as_asked(session, row, actor, now=now)
    else:
        licence = _issue_licence(session, row, actor, now=now)
    row.licence_id, row.licence_no = licence.licence_id, licence.licence_no
    row.status, row.closed_at = Status.ISSUED.value, now
    row.waits_for, row.reasons, row.reason_code = [], [], None
    record_application(session, row, actor, Action.ISSUE, "issued", now=now)
    return licence


def _issue_licence(session: Session, row: Application, actor: Actor, *, now: datetime) -> Licence:
    today, body = legal_day(now), row.body
    left = lock_replaced_licence(
        session, row
    )  # first: whoever has a series waits for no row any more
    rules = rules_named(session, row.rules or "")
    trade_name = (body.get("establishment") or {}).get("trade_name")
    licence = Licence(
        licence_id=new_id(),
        licence_no=_draw_number(session, row.municipality, now),
        application_id=row.application_id,
        kind=row.kind,
        municipality=row.municipality,
        status=licences.Status.VALID.value,
        establishment=row.establishment,
        trade_name={"ar": trade_name["ar"], "en": trade_name.get("en")} if trade_name else None,
        trade_key=search_key(trade_name["ar"]) if trade_name else None,
        activities=_named_activities(row, rules),
        town=body["place"]["town"],
        district=body["place"]["district"],
        owner_number=row.owner_number,
        owner_key=row.owner_number,
        body=body,
        rules=rules.version,
        decision=row.decision,
        issued_on=today,
        expires_on=term_from(today, row.years),
        years=row.years,
        renewal_days=rules.parameters.renewal_days,
    )
    session.add(licence)
    record_licence(session, licence, actor, licences.Action.ISSUE, "issued", now=now)
    _plan_inspection(session, row, licence, rules, now=now)
    if left is not None and left.status != licences.Status.CANCELLED:
        left.replaced_by = licence.licence_no
        cancel_licence(session, left, actor, MOVED, None, now=now)
    return licence


def _named_activities(row: Application, rules: Rules) -> list[dict[str, Any]]:
    """The activities with their names, as they're printed."""
    return [
        {**one, **rules.activities[one["code"]].words.pair()} for one in main_first(row.activities)
    ]


def _draw_number(session: Session, municipality: str, now: datetime) -> str:
    """The series' row stays locked until the transaction ends, after that of the applications."""
    year = hijri_year(legal_day(now))
    number = draw(session, LICENCES, municipality, year)
    return number_text(LICENCES, municipality, year, number)


def _plan_inspection(
    session: Session, row: Application, licence: Licence, rules: Rules, *, now: datetime
) -> None:
    """What was issued without an officer is looked at afterwards, where the activity says so."""
    if not any(rules.activities[one["code"]].inspected_afterwards for one in row.activities):
        return
    session.add(
        Inspection(
            inspection_id=new_id(),
            application_id=row.application_id,
            licence_id=licence.licence_id,
            municipality=row.municipality,
            stage="after-issue",
            ordered_at=now,
            due_on=legal_day(now) + timedelta(days=rules.parameters.inspection_days),
        )
    )


def _renew_licence(session: Session, row: Application, actor: Actor, *, now: datetime) -> Licence:
    licence = _lock_licence_of(session, row)
    licence.status = licences.advance(licence.status, licences.Action.RENEW).value
    licence.expires_on = renewed_until(licence.expires_on, row.years, legal_day(now))
    licence.years, licence.application_id = row.years, row.application_id
    licence.body, licence.decision, licence.rules = row.body, row.decision, row.rules or ""
    return record_licence(session, licence, actor, licences.Action.RENEW, "renewed", now=now)


def _cancel_as_asked(session: Session, row: Application, actor: Actor, *, now: datetime) -> Licence:
    licence = _lock_licence_of(session, row)
    return cancel_licence(session, licence, actor, BY_OWNER, _reason(row.body), now=now)


def _reason(body: Mapping[str, Any]) -> str | None:
    return body.get("reason")


def cancel_licence(
    session: Session,
    licence: Licence,
    actor: Actor,
    reason_code: str,
    reason: str | None,
    *,
    now: datetime,
) -> Licence:
    """Cancels the locked licence, for good, and the visits that were still due. Raises IllegalTransition."""
    licence.status = licences.advance(licence.status, licences.Action.CANCEL).value
    licence.reason_code, licence.reason = reason_code, reason
    due = select(Inspection).where(
        Inspection.licence_id == licence.licence_id, Inspection.result.is_(None)
    )
    for visit in session.scalars(due):
        visit.result = "dropped"
    return record_licence(session, licence, actor, licences.Action.CANCEL, "cancelled", now=now)


def _lock_licence_of(session: Session, row: Application) -> Licence:
    if row.licence_id is None:
        raise LookupError(f"the application {row.application_id} is about no licence")
    return lock(session, Licence, row.licence_id)
