"""Renews a certificate by a request of its own, whose certificate replaces the present one."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from chassis.core.refusals import Conflict, NotFound
from chassis.data.unit_of_work import UnitOfWork
from health_certs import catalogue
from health_certs.commands.apply import apply
from health_certs.commands.cancel import lock_numbered
from health_certs.domain.access import Applicant
from health_certs.domain.certificates import Action, advance_in_force
from health_certs.domain.requests import RENEW
from health_certs.models import Certificate, Request
from saudi.days import both_calendars, legal_day

_NOT_TAKEN_OVER = ("confirmed", "residence_permit_until")  # declared anew, or found out anew


class RenewalTooEarly(Conflict):
    """The days before the last valid day in which a certificate can be renewed haven't begun."""

    problem = "renewal-too-early"

    def __init__(self, first: date) -> None:
        days = {"from": first.isoformat(), "from_hijri": both_calendars(first).hijri or ""}
        super().__init__(**days)


class SeasonalNotRenewed(Conflict):
    """A seasonal certificate ends with its season."""

    problem = "seasonal-not-renewed"


def renew(
    work: UnitOfWork, applicant: Applicant, certificate_no: str, body: Mapping[str, Any]
) -> Request:
    """Applies for a certificate that follows this one. `body` is the contract's Renewal. Raises what `apply` raises,
    and NotFound, IllegalTransition, RenewalTooEarly and SeasonalNotRenewed."""
    certificate = lock_numbered(work.session, certificate_no)
    reader = applicant.reads(
        worker=certificate.worker_number, establishment=certificate.establishment
    )
    if certificate.worker is None or reader is None:
        raise NotFound
    _require_renewable(certificate, legal_day(work.now))
    worker = _new_worker(certificate, body.get("mobile"))
    new_request = {**body, "worker": worker, "profession": certificate.profession}
    return apply(work, applicant, new_request, kind=RENEW, renews=certificate_no)


def _require_renewable(certificate: Certificate, today: date) -> None:
    advance_in_force(certificate.status, Action.REPLACE, certificate.valid_until, today)
    if certificate.season is not None:
        raise SeasonalNotRenewed
    days = catalogue.rulebook().of(certificate.municipality, today).renewal_days
    first = certificate.valid_until - timedelta(days=days)
    if today < first:
        raise RenewalTooEarly(first)


def _new_worker(certificate: Certificate, mobile: str | None) -> dict[str, Any]:
    """Returns the certificate's worker as the contract's NewWorker."""
    worker = {
        name: value for name, value in certificate.worker.items() if name not in _NOT_TAKEN_OVER
    }
    return {
        **worker,
        "birth_date": date.fromisoformat(worker["birth_date"]),
        "mobile": mobile or worker["mobile"],
    }
