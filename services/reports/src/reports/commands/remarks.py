"""Notes among officers, the reporter's data for somebody who has to call him or has him on the telephone, and his words
as the public reads them."""

from collections.abc import Sequence

from chassis.core.refusals import InvalidFields, not_blank
from chassis.data.unit_of_work import UnitOfWork
from reports.commands.recording import add_remark, lock_report
from reports.domain.actors import role_of
from reports.domain.visibility import Part, require_sight
from reports.models import Remark, Report
from saudi import Malformed
from saudi.mobiles import parse_mobile


def add_note(work: UnitOfWork, report_id: str, *, text: str) -> Remark:
    """A note that no reporter and no contractor reads. The clock goes on. Raises NotFound, InvalidFields."""
    text = not_blank(text, "text")
    require_sight(role_of(work.actor), Part.NOTES)
    row = lock_report(work, report_id)
    work.record_action(row, "note")
    remark = add_remark(work, row, "note", text)
    work.session.flush()
    return remark


def reveal_reporter(work: UnitOfWork, report_id: str, *, reason: str) -> Report:
    """The whole name, mobile and identity number; who looked and why is in the history. Raises NotFound, also for those
    who may not see the reporter at all."""
    reason = not_blank(reason, "reason")
    require_sight(role_of(work.actor), Part.REPORTER)
    row = lock_report(work, report_id)
    work.record_action(row, "reveal", note=reason)
    return row


def note_looks(work: UnitOfWork, rows: Sequence[Report], *, note: str | None) -> None:
    """Writes down in the history of each report that somebody found it by its reporter's mobile."""
    for row in rows:
        work.record_action(row, "find_by_mobile", note=note)


def mobile_of(text: str) -> str:
    """A mobile as somebody says it, in E.164. Raises InvalidFields."""
    try:
        return parse_mobile(text)
    except Malformed as fault:
        raise InvalidFields.of("mobile", fault.code) from None


def withhold_text(work: UnitOfWork, report_id: str, *, withheld: bool) -> Report:
    """Takes what the citizen wrote out of what the public reads, or puts it back. Raises NotFound."""
    row = lock_report(work, report_id)
    if row.text_withheld != withheld:
        row.text_withheld = withheld
        action = "withhold_text" if withheld else "show_text"
        work.record_action(row, action)
    return row
