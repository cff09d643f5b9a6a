"""Issues what an application asks for: a licence, a renewal, the end of a licence."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from chassis.core.ids import new_id
from chassis.data.numbers import draw
from chassis.data.unit_of_work import UnitOfWork
from licences.catalogue import rules_named
from licences.commands.other_licences import is_place_stopped, lock_replaced_licence
from licences.commands.recording import (
    end_withdrawn,
    record_application,
    record_licence,
    refuse_application,
)
from licences.domain import licences
from licences.domain.applications import LICENCES, NOT_VALID, Action, Status, number_text
from licences.domain.decision import REFUSED
from licences.domain.declarations import CANCEL, ISSUE, RENEW, main_first
from licences.domain.licences import renewed_until, term_from
from licences.domain.rules import Rules
from licences.models import Application, Inspection, Licence
from saudi.bilingual import Bilingual
from saudi.days import hijri_year, legal_day
from saudi.text import search_key

MOVED, BY_OWNER = "moved", "by-owner"
_PLACE_STOPPED = Bilingual(
    "أُوقفت رخصة للمنشأة أو لمالكها في الموقع، أو أُغلق محلها أو صار يُغلق لمخالفة، قبل إتمام الطلب.",
    "A licence of the establishment or its owner at the place was suspended, or its place was closed or is to be"
    " closed for a violation, before the application was carried out.",
)
_LICENCE_STOPPED = Bilingual(
    "أُوقفت الرخصة أو أُغلق محلها أو ألغيت قبل إتمام الطلب.",
    "The licence was suspended, closed or cancelled before the application was carried out.",
)


def issue_or_end(work: UnitOfWork, row: Application, *, just_decided: bool = False) -> bool:
    """Issues what the locked, approved application asks for, unless its licence or place was stopped meanwhile. Returns
    whether it was issued.

    An application that can't be issued ends. Without a fee it's refused, and its decision says so. With a paid bill
    it's withdrawn: its approval stands, a refusal would have to name a broken condition, and the caller asks for the
    refund.
    """
    if _may_be_issued(work, row, just_decided=just_decided):
        carry_out_request(work, row)
        return True
    row.reasons = [_reason_not_issued(row).pair()]
    if row.status == Status.AWAITING_PAYMENT:
        end_withdrawn(work, row, NOT_VALID)
    else:
        row.outcome, row.decision = REFUSED, {**row.decision, "outcome": REFUSED}
        refuse_application(work, row, NOT_VALID)
    return False


def _may_be_issued(work: UnitOfWork, row: Application, *, just_decided: bool) -> bool:
    """Locks the licence that the application renews, ends or replaces, and returns whether the licence allows it: the
    licence may have been suspended, closed or cancelled since the decision. A licence to be replaced may have ended.

    A new licence needs a place where nothing was stopped since the decision. Skipped if the decision was made just now.
    """
    if row.request != ISSUE:
        return _lock_licence_of(work, row).status == licences.Status.VALID.value
    replaced = lock_replaced_licence(work, row)
    if replaced is not None and replaced.status in licences.STOPPED:
        return False
    return just_decided or _officer_approved_stopped(row) or not is_place_stopped(work, row)


def _officer_approved_stopped(row: Application) -> bool:
    """Returns whether the decision knew of a stopped licence at the place: then an officer has approved it."""
    return any(
        finding["code"] == "place-not-stopped" and not finding["satisfied"]
        for finding in (row.decision or {}).get("findings", ())
    )


def _reason_not_issued(row: Application) -> Bilingual:
    names_licence = row.request != ISSUE or row.replaces_licence_no is not None
    return _LICENCE_STOPPED if names_licence else _PLACE_STOPPED


def carry_out_request(work: UnitOfWork, row: Application) -> Licence:
    """Issues, renews or cancels, and ends the locked application as `issued`."""
    if row.request == RENEW:
        licence = _renew_licence(work, row)
    elif row.request == CANCEL:
        licence = cancel_licence(
            work, _lock_licence_of(work, row), BY_OWNER, row.body.get("reason")
        )
    else:
        licence = _issue_licence(work, row)
    row.licence_id, row.licence_no = licence.licence_id, licence.licence_no
    row.status, row.closed_at = Status.ISSUED.value, work.now
    row.waits_for, row.reasons, row.reason_code = [], [], None
    record_application(work, row, Action.ISSUE, "issued")
    return licence


def _issue_licence(work: UnitOfWork, row: Application) -> Licence:
    today, body = legal_day(work.now), row.body
    # Lock before drawing the number: a transaction that holds a number series waits for no row.
    replaced = lock_replaced_licence(work, row)
    rules = rules_named(work.session, row.rules or "")
    trade_name = (body.get("establishment") or {}).get("trade_name")
    licence = Licence(
        licence_id=new_id(),
        licence_no=_draw_number(work, row.municipality),
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
    work.session.add(licence)
    _plan_inspection(work, row, licence, rules)
    record_licence(work, licence, licences.Action.ISSUE, "issued")
    if replaced is not None and replaced.status != licences.Status.CANCELLED:
        replaced.replaced_by = licence.licence_no
        cancel_licence(work, replaced, MOVED, None)
    return licence


def _draw_number(work: UnitOfWork, municipality: str) -> str:
    """Draws the next number. The row of the series stays locked until the transaction ends."""
    year = hijri_year(legal_day(work.now))
    number = draw(work.session, LICENCES, municipality, year)
    return number_text(LICENCES, municipality, year, number)


def _named_activities(row: Application, rules: Rules) -> list[dict[str, Any]]:
    """Returns the activities with their names, as a licence prints them."""
    return [
        {**activity, **rules.activities[activity["code"]].words.pair()}
        for activity in main_first(row.activities)
    ]


def _plan_inspection(work: UnitOfWork, row: Application, licence: Licence, rules: Rules) -> None:
    """Plans a visit after the issue, where an activity asks for one: no officer has seen the place. The licence's event
    tells the holder by when."""
    if not any(rules.activities[one["code"]].inspected_afterwards for one in row.activities):
        return
    licence.visit_due_on = legal_day(work.now) + timedelta(days=rules.parameters.inspection_days)
    work.session.add(
        Inspection(
            inspection_id=new_id(),
            application_id=row.application_id,
            licence_id=licence.licence_id,
            municipality=row.municipality,
            stage="after-issue",
            ordered_at=work.now,
            due_on=licence.visit_due_on,
        )
    )


def _renew_licence(work: UnitOfWork, row: Application) -> Licence:
    licence = _lock_licence_of(work, row)
    licence.status = licences.LIFE.after(licences.Action.RENEW, licence.status).value
    licence.expires_on = renewed_until(licence.expires_on, row.years, legal_day(work.now))
    licence.years, licence.application_id = row.years, row.application_id
    licence.body, licence.decision, licence.rules = row.body, row.decision, row.rules or ""
    return record_licence(work, licence, licences.Action.RENEW, "renewed")


def cancel_licence(
    work: UnitOfWork, licence: Licence, reason_code: str, reason: str | None
) -> Licence:
    """Cancels the locked licence for good, and drops its visits that are still due. Raises IllegalTransition."""
    licence.status = licences.LIFE.after(licences.Action.CANCEL, licence.status).value
    licence.reason_code, licence.reason = reason_code, reason
    due = select(Inspection).where(
        Inspection.licence_id == licence.licence_id, Inspection.result.is_(None)
    )
    for visit in work.session.scalars(due):
        visit.result = "dropped"
    return record_licence(work, licence, licences.Action.CANCEL, "cancelled")


def _lock_licence_of(work: UnitOfWork, row: Application) -> Licence:
    if row.licence_id is None:
        raise LookupError(f"the application {row.application_id} is about no licence")
    return work.lock(Licence, row.licence_id)
