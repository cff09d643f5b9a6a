"""What the operations share at their edge: the shapes of bodies and answers, who calls, and limits."""

from collections.abc import Mapping
from typing import Any

from chassis.access.persons import acts_for, persons_of
from chassis.access.quotas import Demand, Policy
from chassis.core.refusals import NotFound
from health_certs import limits
from health_certs.context import Call
from health_certs.domain.access import Applicant, Reader
from health_certs.models import Certificate, Request

Body = Mapping[str, Any]
View = dict[str, Any]
Created = tuple[View, int]
FileAnswer = tuple[bytes, int, dict[str, str]]


def charge_quota(call: Call, policy: Policy) -> None:
    """Charges the caller's quota. Raises QuotaExceeded."""
    call.quotas.charge([Demand(policy, call.actor.subject)], now=call.now.timestamp())


def applicant_of(call: Call) -> Applicant:
    """Returns the caller as an applicant. Raises NoCitizen for a caller who isn't a citizen."""
    person = persons_of(call.session).open(call.actor)
    return Applicant(
        subject=call.actor.subject,
        id_number=person.id_number,
        name=person.name,
        establishments=acts_for(call.actor),
        mobile=person.mobile,
    )


def applicant_who_changes(call: Call) -> Applicant:
    """Returns the caller as an applicant, and counts a change. Raises NoCitizen and QuotaExceeded."""
    applicant = applicant_of(call)
    charge_quota(call, limits.changes_of_citizen(call.settings))
    return applicant


def reader_of(applicant: Applicant, row: Request | Certificate) -> Reader:
    """Returns the role in which the applicant reads a row. Raises NotFound."""
    reader = applicant.reads(worker=row.worker_number, establishment=row.establishment)
    if reader is None:
        raise NotFound
    return reader
