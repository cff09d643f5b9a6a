"""Remarks and the reporter: notes among officers, access to the reporter's data, and the citizen's words in public."""

from collections.abc import Sequence

from sqlalchemy import func, select

from chassis.core.refusals import Conflict, InvalidFields, not_blank
from chassis.data.unit_of_work import UnitOfWork
from reports.commands.recording import add_remark, lock_report
from reports.domain.actors import role_of
from reports.domain.visibility import Part, require_sight
from reports.models import Remark, Report
from saudi import Malformed
from saudi.mobiles import parse_mobile


class UpdatesUnread(Conflict):
    """The page doesn't say which updates the officer has read."""

    problem = "updates-unread"


def add_note(work: UnitOfWork, report_id: str, *, text: str) -> Remark:
    """Adds a note for officers; no reporter and no contractor reads notes. Raises NotFound, InvalidFields."""
    text = not_blank(text, "text")
    require_sight(role_of(work.actor), Part.NOTES)
    row = lock_report(work, report_id)
    work.record_action(row, "note")
    remark = add_remark(work, row, "note", text)
    work.session.flush()
    return remark


def reveal_reporter(work: UnitOfWork, report_id: str, *, reason: str) -> Report:
    """Returns the report with the reporter's data, and records the actor and the reason in the history. Raises
    NotFound, also for an actor who may not see reporters."""
    reason = not_blank(reason, "reason")
    require_sight(role_of(work.actor), Part.REPORTER)
    row = lock_report(work, report_id)
    work.record_action(row, "reveal", note=reason)
    return row


def record_searches(work: UnitOfWork, rows: Sequence[Report], *, note: str | None) -> None:
    """Records in the history of each report that the actor found the report by the mobile."""
    for row in rows:
        work.record_action(row, "find_by_mobile", note=note)


def parse_mobile_field(text: str) -> str:
    """Returns the mobile in E.164. Raises InvalidFields."""
    try:
        return parse_mobile(text)
    except Malformed as fault:
        raise InvalidFields.of("mobile", fault.code) from None


def release_words(
    work: UnitOfWork, report_id: str, *, last_remark_read: int | None = None
) -> Report:
    """Shows the public the citizen's words, and the updates up to the last remark that the officer has read. A later
    update waits for the next release. Raises NotFound, and UpdatesUnread for an officer who names no remark while there
    are updates: a page from before the updates has shown none of them.

    Remarks are compared by id: an id is given under the report's lock, a moment before the wait for the lock."""
    row = lock_report(work, report_id)
    if row.words_waiting or row.words_released_at is None:
        last = _last_update_of(work, row)
        if last_remark_read is None and last > (row.released_remark_id or 0):
            raise UpdatesUnread
        read = min(last_remark_read or 0, last)
        row.released_remark_id = max(read, row.released_remark_id or 0)
        row.text_withheld, row.words_waiting = False, row.released_remark_id < last
        row.words_released_at = work.now
        work.record_action(row, "show_text")
    return row


def _last_update_of(work: UnitOfWork, row: Report) -> int:
    updates = select(func.max(Remark.remark_id)).where(
        Remark.report_id == row.report_id, Remark.kind == "update"
    )
    return work.session.scalar(updates) or 0


def withhold_words(work: UnitOfWork, report_id: str) -> Report:
    """Hides the citizen's words and all updates from the public. Raises NotFound."""
    row = lock_report(work, report_id)
    if not row.text_withheld:
        row.text_withheld, row.words_waiting = True, False
        row.words_released_at = row.released_remark_id = None
        work.record_action(row, "withhold_text")
    return row
