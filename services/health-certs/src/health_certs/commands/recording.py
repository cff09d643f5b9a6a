"""Records changes of requests and certificates: counts the version, journals, publishes."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.data.sealed import keys_of
from chassis.data.sealing import Sealer
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from chassis.events.inquiry import inquiries_of
from chassis.events.outbox import publish_all
from health_certs import catalogue, events
from health_certs.events import ListEntries, Seals
from health_certs.models import Certificate, Request

SYSTEM = SystemActor("health-certs", "health-certs")


def seals_of(session: Session) -> Seals:
    """Returns what seals parts of events, with the keys of the session's database."""
    keys = keys_of(session)
    return Seals(
        examinees=Sealer(keys.ring("examination_key")),
        index=keys.index,
        contacts=contacts_of(session),
        inquiries=inquiries_of(session),
    )


def record_request(
    work: UnitOfWork, request: Request, action: str, happened: str, *, note: str | None = None
) -> Request:
    """Records a change. `happened` is the past participle of the event's type."""
    record_requests(work, [request], action, happened, note=note)
    return request


def record_requests(
    work: UnitOfWork,
    requests: Sequence[Request],
    action: str,
    happened: str,
    *,
    note: str | None = None,
) -> None:
    """Records one change of several requests, written together."""
    for request in requests:
        work.record_change(request, action, note=note)
    work.session.flush()
    seals = seals_of(work.session)
    publish_all(
        work.session,
        (
            events.request_event(happened, one.record(), _list_entries_of(one), seals, work.now)
            for one in requests
        ),
    )


def _list_entries_of(request: Request) -> ListEntries:
    profession = catalogue.professions().by_code[request.profession]
    return ListEntries(profession, catalogue.centres()[request.centre])


def record_certificate(
    work: UnitOfWork,
    certificate: Certificate,
    action: str,
    happened: str,
    *,
    note: str | None = None,
) -> Certificate:
    """Records a change. `happened` is the past participle of the event's type."""
    record_certificates(work, [certificate], action, happened, note=note)
    return certificate


def record_certificates(
    work: UnitOfWork,
    certificates: Sequence[Certificate],
    action: str,
    happened: str,
    *,
    note: str | None = None,
) -> None:
    """Records one change of several certificates, written together."""
    for certificate in certificates:
        certificate.changed_at = work.now
        work.record_change(certificate, action, note=note)
    work.session.flush()
    seals, professions = seals_of(work.session), catalogue.professions().by_code
    publish_all(
        work.session,
        (
            events.certificate_event(
                happened, one.record(), professions[one.profession], seals, work.now
            )
            for one in certificates
        ),
    )
