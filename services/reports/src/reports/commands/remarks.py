"""Notes among officers, the reporter's data for somebody who has to call him or has him on the telephone, and his words
as the public reads them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from chassis.core.refusals import InvalidFields, not_blank
from chassis.data.aggregates import record_action
from reports.commands.recording import add_remark, lock_report
from reports.domain.actors import Actor, role_of
from reports.domain.visibility import Part, require_sight
from reports.models import Remark, Report
from saudi import Malformed
from saudi.mobiles import parse_mobile


def add_note(session: Session, actor: Actor, report_id: str, *, text: str, now: datetime) -> Remark:
    """A note that no reporter and no contractor reads. The clock goes on. Raises NotFound, InvalidFields."""
    text = not_blank(text, "text")
    require_sight(role_of(actor), Part.NOTES)
    row = lock_report(session, actor, report_id)
    record_action(session, row, actor, "note", now=now)
    remark = add_remark(session, row, actor, "note", text, now=now)
    session.flush()
    return remark


def reveal_reporter(
    session: Session, actor: Actor, report_id: str, *, reason: str, now: datetime
) -> Report:
    """The whole name, mobile and identity number; who looked and why is in the history. Raises NotFound, also for those
    who may not see the reporter at all."""
    reason = not_blank(reason, "reason")
    require_sight(role_of(actor), Part.REPORTER)
    row = lock_report(session, actor, report_id)
    record_action(session, row, actor, "reveal", now=now, note=reason)
    return row


def note_looks(
    session: Session, actor: Actor, rows: Sequence[Report], *, note: str | None, now: datetime
) -> None:
    """Writes down in the history of each report that somebody found it by its reporter's mobile."""
    for row in rows:
        record_action(session, row, actor, "find_by_mobile", now=now, note=note)


def mobile_of(text: str) -> str:
    """A mobile as somebody says it, in E.164. Raises InvalidFields."""
    try:
        return parse_mobile(text)
    except Malformed as fault:
        raise InvalidFields.of("mobile", fault.code) from None


def withhold_text(
    session: Session, actor: Actor, report_id: str, *, withheld: bool, now: datetime
) -> Report:
    """Takes what the citizen wrote out of what the public reads, or puts it back. Raises NotFound."""
    row = lock_report(session, actor, report_id)
    if row.text_withheld != withheld:
        row.text_withheld = withheld
        action = "withhold_text" if withheld else "show_text"
        record_action(session, row, actor, action, now=now)
    return row
