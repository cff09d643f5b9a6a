"""Shared by the commands: lock an offering, count, journal and publish its change, and have its followers told."""

from datetime import timedelta
from typing import Any

from chassis.core.ids import new_id
from chassis.data.advisory import Lock
from chassis.data.deadlines import drop_deadline, set_deadline
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.inquiry import inquiries_of
from chassis.events.outbox import publish
from tenders import events, ocds
from tenders.catalogue import municipalities
from tenders.domain.actors import require_reach
from tenders.domain.notices import TOLD_AFTER
from tenders.domain.offerings import Action
from tenders.lookups import editions_of
from tenders.models import FollowerNotice, OcdsRelease, Offering, OfferingT

CLOSE, SILENT, TELL = "close", "silent", "tell"  # the kinds of deadlines
_INSTANT = timedelta(microseconds=1)
_RELEASING = Lock("tenders.releases", 0x0CD5)


def lock_offering(work: UnitOfWork, model: type[OfferingT], offering_id: str) -> OfferingT:
    """Returns the offering, locked until the transaction ends. Raises NotFound beyond the actor's reach."""
    row = work.lock(model, offering_id)
    require_reach(work.actor, row.municipality)
    return row


def advance(row: Offering, action: Action) -> None:
    """Sets the status after the action. Raises IllegalTransition, which names the possible actions."""
    row.status = row.life.after(action, row.status).value


def record_draft(work: UnitOfWork, row: Offering, action: Action) -> None:
    """Counts and journals a change that nobody outside hears of."""
    work.record_change(row, action)
    work.session.flush()


def record_public_change(
    work: UnitOfWork,
    row: OfferingT,
    action: Action,
    happened: str,
    *,
    notice: str | None = None,
    note: str | None = None,
) -> OfferingT:
    """Counts, journals and publishes a change: the event, and the release of OCDS. `happened`: the past participle in
    the name of the event. `notice`: what the followers are told of. `note`: the officer's, for the history."""
    # A request may have begun before the change for whose lock it waited. Merges sort releases by date.
    last = row.changed_at
    row.changed_at = work.now if last is None else max(work.now, last + _INSTANT)
    details = {"status": row.status, "edition": row.edition}
    work.record_change(row, action, note=note, details=details)
    work.session.flush()
    inquiry = inquiries_of(work.session).block(events.inquiry_of(row))
    publish(work.session, events.offering_event(happened, row, inquiry=inquiry, now=work.now))
    _publish_release(work, row, action)
    if notice is not None:
        _begin_notice(work, row, notice)
    return row


def _publish_release(work: UnitOfWork, row: Any, action: Action) -> None:
    """Adds the release. Serial numbers are drawn in the order of the commits, because who harvests page by page never
    looks back."""
    _RELEASING.take(work.session)
    content = ocds.release_of(
        row,
        editions_of(work.session, row.aggregate_id),
        buyer=municipalities()[row.municipality],
        tags=ocds.tags_of(action, is_awarded=row.awarded_at is not None),
    )
    release = OcdsRelease(
        release_id=content["id"],
        ocid=row.ocid,
        offering_type=row.aggregate_type,
        published_at=work.now,
        content=content,
    )
    work.session.add(release)
    work.session.flush()


def _begin_notice(work: UnitOfWork, row: Offering, happened: str) -> None:
    """Has the followers told, a hundred in each transaction: an award doesn't wait for thousands of texts."""
    notice = FollowerNotice(
        notice_id=new_id(),
        offering_id=row.aggregate_id,
        happened=happened,
        facts=events.notice_facts(row),
        made_at=work.now,
    )
    work.session.add(notice)
    work.session.flush()
    set_deadline(work.session, "notice", notice.notice_id, TELL, work.now + TOLD_AFTER)


def set_closing(work: UnitOfWork, row: Offering) -> None:
    """Has the clock close the offering at the deadline for bids."""
    set_deadline(work.session, row.aggregate_type, row.aggregate_id, CLOSE, row.bids_until)


def drop_clock(work: UnitOfWork, row: Offering) -> None:
    """Drops what the clock would do with an offering that is closed or settled."""
    for kind in (CLOSE, SILENT):
        drop_deadline(work.session, row.aggregate_type, row.aggregate_id, kind)
