"""Handlers of the events of permits, of answers to entries, of grants and licences, of workers to be examined."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from chassis.core.cloudevents import Received
from chassis.data.unit_of_work import UnitOfWork
from chassis.service import BatchHandler, Topics
from partner_gateway import feed
from partner_gateway.commands import entries, examinations, feed_changes, projections
from partner_gateway.commands.feed_changes import Happened
from partner_gateway.context import Context
from partner_gateway.feed import Change
from partner_gateway.webhooks.commands import stop_of_organisation, stop_without_grant
from partner_gateway.webhooks.rules import SYSTEM

PERMIT_EVENTS = (
    "issued",
    "entered",
    "amended",
    "suspended",
    "reinstated",
    "cancelled",
    "renewed",
    "superseded",
    "completed",
)
CERTIFICATE_EVENTS = (
    "opened",
    "inspected",
    "issued",
    "rejected",
    "voided",
    "revoked",
    "flagged",
    "unflagged",
    "carried",
    *("requested", "examined", "overdue", "amended"),
)
RELEASE_EVENTS = (
    *("submitted", "checked", "inspected", "returned", "resubmitted", "approved", "refused"),
    *("cancelled", "energised", "disconnection_ordered", "disconnection_acknowledged"),
    *("disconnection_withdrawn", "disconnected", "reconnection_allowed", "reconnected"),
    "amended",
)
REQUEST_EVENTS = (
    *("submitted", "edited", "forwarded", "returned", "resubmitted", "approved"),
    *("billed", "unbilled", "paid", "issued", "rejected", "cancelled", "expired", "amended"),
)
APPLICATION_EVENTS = (
    "submitted",
    "waiting",
    "returned",
    "corrected",
    "reviewed",
    "inspection_ordered",
    "inspected",
    "verified",
    "approved",
    "billed",
    "issued",
    "refused",
    "withdrawn",
    "emptied",
)
LICENCE_EVENTS = (
    "issued",
    "renewed",
    "suspended",
    "reinstated",
    "cancelled",
    "closed",
    "corrected",
    "emptied",
)
ACTIVITY_EVENTS = ("published", "changed", "ended")
EXAMINEE_EVENTS = ("submitted", "amended", "billed", "moved", "issued", "ended", "emptied")
ANSWER_EVENTS = ("took_effect", "refused")
BILL_EVENTS = ("registered", "settled", "refused", "cancelled", "expired")
GRANT_EVENTS = ("granted", "amended", "withdrawn")


# A row of the read model, and what the municipality hears of it.
Changed = tuple[dict[str, Any], Change | None]
# A row of the read model, and what partners who follow hear of it.
Followed = tuple[dict[str, Any], Happened]
Write = Callable[[Context, Sequence[Followed]], None]


# Every event of a permit carries its whole state: they're all projected alike.
def _permit(context: Context, event: Received) -> Followed:
    row = projections.permit_row(event, context.settings, context.now)
    return row, feed_changes.permit_happened(event, row)


def _follow(keep: Callable[[Any, Sequence[dict[str, Any]]], None]) -> Write:
    def write(context: Context, items: Sequence[Followed]) -> None:
        feed_changes.tell_followers(
            context.session,
            [happened for _, happened in items],
            oldest=_oldest(context),
            public_url=context.settings.public_url,
        )
        keep(context.session, [row for row, _ in items])

    return write


permit_changed = BatchHandler(prepare=_permit, write=_follow(projections.keep_permits))
certificate_changed = BatchHandler(
    prepare=lambda _context, event: (
        projections.certificate_row(event), feed_changes.certificate_happened(event)
    ),
    write=_follow(projections.keep_certificates),
)  # fmt: skip
release_changed = BatchHandler(
    prepare=lambda _context, event: (
        projections.release_row(event), feed_changes.release_happened(event)
    ),
    write=_follow(projections.keep_releases),
)  # fmt: skip
request_changed = BatchHandler(
    prepare=lambda _context, event: projections.request_row(event),
    write=lambda context, rows: projections.keep_requests(context.session, rows),
)


def grant_changed(context: Context, event: Received) -> None:
    """Keeps the grant. Stops the webhooks of its organisation if the grant no longer allows following."""
    projections.record_grant(context.session, event)
    stop_without_grant(UnitOfWork.of(context, SYSTEM), event.data["organisation"])


def entry_answered(context: Context, event: Received) -> None:
    """Keeps the answer to an entry, and tells the organisation that made the entry."""
    change = entries.record_answer(context.session, event)
    _tell(context, [({}, change)])


def examination_answered(context: Context, event: Received) -> None:
    """Keeps whether an entry of a medical centre was recorded. The answer joins no feed: centres ask for it."""
    examinations.record_answer(context.session, event, context.settings)


def revoked(context: Context, event: Received) -> None:
    """Stops the webhooks of a suspended organisation."""
    if event.data["kind"] == "organisation":
        stop_of_organisation(UnitOfWork.of(context, SYSTEM), event.data["value"])


def _keep_applications(context: Context, changed: Sequence[Changed]) -> None:
    projections.keep_applications(context.session, [row for row, _ in changed])
    _tell(context, changed)


def _keep_licences(context: Context, changed: Sequence[Changed]) -> None:
    projections.keep_licences(context.session, [row for row, _ in changed])
    _tell(context, changed)


def _keep_bills(context: Context, changed: Sequence[Changed | None]) -> None:
    """Leaves out the bills of anything but an application for a licence."""
    known = [one for one in changed if one is not None]
    if known:
        projections.keep_bills(context.session, [row for row, _ in known])
        _tell(context, known)


def _bill(event: Received) -> Changed | None:
    row = projections.bill_row(event)
    return None if row is None else (row, feed_changes.change_of_bill(event))


def _tell(context: Context, changed: Sequence[Changed]) -> None:
    """Adds changes to the feed in the transaction that projects them. Leaves out changes older than the feed keeps,
    which come when a topic is read again from its beginning."""
    oldest = _oldest(context)
    told = [one for _, one in changed if one is not None and one.time > oldest]
    feed.append_all(context.session, told, public_url=context.settings.public_url)


def _oldest(context: Context) -> datetime:
    """Returns the time from which on the feed keeps changes."""
    return context.now - timedelta(days=context.settings.feed_days)


application_changed = BatchHandler(
    prepare=lambda _context, event: (
        projections.application_row(event), feed_changes.change_of_application(event)
    ),
    write=_keep_applications,
)  # fmt: skip
licence_changed = BatchHandler(
    prepare=lambda _context, event: (
        projections.licence_row(event),
        feed_changes.change_of_licence(event),
    ),
    write=_keep_licences,
)
bill_changed = BatchHandler(
    prepare=lambda _context, event: _bill(event),
    write=_keep_bills,
)
examinee_changed = BatchHandler(
    prepare=lambda context, event: examinations.examinee_row(event, context.settings),
    write=lambda context, rows: examinations.keep_examinees(context.session, rows),
)
activity_changed = BatchHandler(
    prepare=lambda _context, event: projections.activity_row(event),
    write=lambda context, rows: projections.keep_activities(context.session, rows),
)

HANDLERS: Topics = {
    "licences.application": {
        f"sa.gov.qatif.licences.application.{verb}.v1": application_changed
        for verb in APPLICATION_EVENTS
    },
    "licences.licence": {
        f"sa.gov.qatif.licences.licence.{verb}.v1": licence_changed for verb in LICENCE_EVENTS
    },
    "payments.bill": {
        f"sa.gov.qatif.payments.bill.{verb}.v1": bill_changed for verb in BILL_EVENTS
    },
    "licences.activity": {
        f"sa.gov.qatif.licences.activity.{verb}.v1": activity_changed for verb in ACTIVITY_EVENTS
    },
    "permits.permit": {
        f"sa.gov.qatif.permits.permit.{verb}.v1": permit_changed for verb in PERMIT_EVENTS
    },
    "permits.certificate": {
        f"sa.gov.qatif.permits.certificate.{verb}.v1": certificate_changed
        for verb in CERTIFICATE_EVENTS
    },
    "permits.release": {
        f"sa.gov.qatif.permits.release.{verb}.v1": release_changed for verb in RELEASE_EVENTS
    },
    "permits.request": {
        f"sa.gov.qatif.permits.request.{verb}.v1": request_changed for verb in REQUEST_EVENTS
    },
    "permits.entry": {
        f"sa.gov.qatif.permits.entry.{verb}.v1": entry_answered for verb in ANSWER_EVENTS
    },
    "health-certs.request": {
        f"sa.gov.qatif.health-certs.request.{verb}.v1": examinee_changed for verb in EXAMINEE_EVENTS
    },
    "health-certs.examination": {
        "sa.gov.qatif.health-certs.examination.answered.v1": examination_answered,
    },
    "identity.grant": {
        f"sa.gov.qatif.identity.grant.{verb}.v1": grant_changed for verb in GRANT_EVENTS
    },
}
