"""Renewals: a request of its own, by which a certificate is followed by the next one."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.refusals import Conflict, NotFound
from health_certs import catalogue
from health_certs.commands import applying
from health_certs.commands.holding import lock_numbered
from health_certs.domain.applicants import Applicant
from health_certs.domain.fees import RENEW
from health_certs.domain.validity import Action, advance_in_force
from health_certs.models import Certificate, Request
from saudi.days import both_calendars, legal_day

_OF_THE_CERTIFICATE = ("confirmed", "residence_permit_until")  # declared anew, or found out anew


class RenewalTooEarly(Conflict):
    """The days before the last one, in which a certificate is renewed, haven't begun."""

    problem = "renewal-too-early"

    def __init__(self, first: date) -> None:
        days = {"from": first.isoformat(), "from_hijri": both_calendars(first).hijri or ""}
        super().__init__(**days)


class SeasonalNotRenewed(Conflict):
    """It ends with its season."""

    problem = "seasonal-not-renewed"


def renew(
    session: Session,
    actor: Actor,
    own: Applicant,
    certificate_no: str,
    body: Mapping[str, Any],
    *,
    now: datetime,
) -> Request:
    """`body` is the contract's Renewal. Raises what `applying.apply` does, and NotFound, IllegalTransition,
    RenewalTooEarly and SeasonalNotRenewed."""
    row = lock_numbered(session, certificate_no)
    whose = {"worker": row.worker_number, "establishment": row.establishment}
    if row.worker is None or own.reads(**whose) is None:
        raise NotFound
    _check_renewable(row, legal_day(now))
    asked = {**body, "worker": _worker(row, body.get("mobile")), "profession": row.profession}
    return applying.apply(session, actor, own, asked, now=now, kind=RENEW, renews=certificate_no)


def _check_renewable(row: Certificate, today: date) -> None:
    advance_in_force(row.status, Action.REPLACE, row.valid_until, today)
    if row.season is not None:
        raise SeasonalNotRenewed
    days = catalogue.rulebook().of(row.municipality, today).renewal_days
    first = row.valid_until - timedelta(days=days)
    if today < first:
        raise RenewalTooEarly(first)


def _worker(row: Certificate, mobile: str | None) -> dict[str, Any]:
    """As the contract's NewWorker has one."""
    known = {name: value for name, value in row.worker.items() if name not in _OF_THE_CERTIFICATE}
    return {
        **known,
        "birth_date": date.fromisoformat(known["birth_date"]),
        "mobile": mobile or known["mobile"],
    }
