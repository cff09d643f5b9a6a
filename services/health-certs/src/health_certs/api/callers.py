"""Who calls an operation of applicants, and as what he sees a thing that is his."""

from chassis.access.persons import acts_for, persons_of
from chassis.access.quotas import Demand
from chassis.core.refusals import NotFound
from health_certs import limits
from health_certs.context import Call
from health_certs.domain.applicants import Applicant
from health_certs.domain.readers import Reader
from health_certs.models import Certificate, Request


def applicant_of(call: Call) -> Applicant:
    """Raises NoCitizen: to anybody else nothing is theirs."""
    person = persons_of(call.session).open(call.actor)
    return Applicant(
        subject=call.actor.subject,
        id_number=person.id_number,
        name=person.name,
        establishments=acts_for(call.actor),
        mobile=person.mobile,
    )


def changer_of(call: Call) -> Applicant:
    """The same, and the change is counted. Raises QuotaExceeded too."""
    own = applicant_of(call)
    demand = Demand(limits.changes_of_citizen(call.settings), call.actor.subject)
    call.quotas.charge([demand], now=call.now.timestamp())
    return own


def reader_of(own: Applicant, row: Request | Certificate) -> Reader:
    """As what the caller reads a thing that is his own. Raises NotFound."""
    found = own.reads(worker=row.worker_number, establishment=row.establishment)
    if found is None:
        raise NotFound
    return found
