"""Handlers of the events of permits, grants and licences."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from chassis.core.cloudevents import Received
from chassis.service import BatchHandler, Topics
from partner_gateway import commands, feed
from partner_gateway.commands import licences
from partner_gateway.context import Context
from partner_gateway.feed import Change
from partner_gateway.webhooks.commands import stop_of_organisation

PERMIT_EVENTS = (
    "issued",
    "amended",
    "suspended",
    "reinstated",
    "cancelled",
    "renewed",
    "superseded",
    "completed",
)
APPLICATION_EVENTS = (
    "submitted",
    "waiting",
    "returned",
    "corrected",
    "reviewed",
    "inspection_ordered",
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
GRANT_EVENTS = ("granted", "amended", "withdrawn")


# A row of the read model, and what the municipality hears of it.
Changed = tuple[dict[str, Any], Change | None]


# Every event of a permit carries its whole state: they're all projected alike.
permit_changed = BatchHandler(
    prepare=lambda context, event: commands.permit_row(event, context.settings, context.now),
    write=lambda context, rows: commands.keep_permits(context.session, rows),
)


def grant_changed(context: Context, event: Received) -> None:
    commands.record_grant(context.session, event)


def revoked(context: Context, event: Received) -> None:
    """A suspended organisation is told nothing more."""
    if event.data["kind"] == "organisation":
        stop_of_organisation(context.session, event.data["value"], context.now)


def _keep_applications(context: Context, changed: Sequence[Changed]) -> None:
    licences.keep_applications(context.session, [row for row, _ in changed])
    _tell(context, changed)


def _keep_licences(context: Context, changed: Sequence[Changed]) -> None:
    licences.keep_licences(context.session, [row for row, _ in changed])
    _tell(context, changed)


def _tell(context: Context, changed: Sequence[Changed]) -> None:
    """The municipality hears of it in the change feed, in the transaction that projects it; but not of what is older
    than the feed keeps, when a topic is read again from its beginning."""
    oldest = context.now - timedelta(days=context.settings.feed_days)
    for _, change in changed:
        if change is not None and change.time > oldest:
            feed.append(context.session, change, public_url=context.settings.public_url)


application_changed = BatchHandler(
    prepare=lambda _context, event: (
        licences.application_row(event), licences.change_of_application(event)
    ),
    write=_keep_applications,
)  # fmt: skip
licence_changed = BatchHandler(
    prepare=lambda _context, event: (
        licences.licence_row(event),
        licences.change_of_licence(event),
    ),
    write=_keep_licences,
)
activity_changed = BatchHandler(
    prepare=lambda _context, event: licences.activity_row(event),
    write=lambda context, rows: licences.keep_activities(context.session, rows),
)

HANDLERS: Topics = {
    "licences.application": {
        f"sa.gov.qatif.licences.application.{verb}.v1": application_changed
        for verb in APPLICATION_EVENTS
    },
    "licences.licence": {
        f"sa.gov.qatif.licences.licence.{verb}.v1": licence_changed for verb in LICENCE_EVENTS
    },
    "licences.activity": {
        f"sa.gov.qatif.licences.activity.{verb}.v1": activity_changed for verb in ACTIVITY_EVENTS
    },
    "permits.permit": {
        f"sa.gov.qatif.permits.permit.{verb}.v1": permit_changed for verb in PERMIT_EVENTS
    },
    "identity.grant": {
        f"sa.gov.qatif.identity.grant.{verb}.v1": grant_changed for verb in GRANT_EVENTS
    },
}
