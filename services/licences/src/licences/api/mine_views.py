"""Rows as applicants see them."""

from collections.abc import Collection, Iterable

from sqlalchemy.orm import Session

from chassis.core.times import rfc3339
from chassis.files.attachments import Attachment, of_owner
from licences.api.edge import View
from licences.commands.mine import DRAFT_FILES
from licences.models import Draft, Invoice
from saudi.formats import with_hijri
from saudi.money import riyals


def bill_view(row: Invoice) -> View:
    """The contract's MyBill: with the number under which it's paid, once the bill system has given one."""
    names = ("code", "ar", "en", "because")
    view = {
        "status": row.status,
        "amount": riyals(row.amount_halalas),
        "lines": [
            {**{name: one[name] for name in names}, "amount": riyals(one["amount_halalas"])}
            for one in row.lines
        ],
        "due_on": row.due_on.isoformat(),
        "biller_code": row.biller_code,
        "bill_number": row.bill_number,
        "paid_at": rfc3339(row.paid_at) if row.paid_at else None,
    }
    return with_hijri(view, frozenset(("due_on",)))


def files_view(rows: Iterable[Attachment]) -> View:
    """The contract's MyFiles."""
    names = ("attachment_id", "media_type", "size", "name")
    return {"items": [{name: getattr(row, name) for name in names} for row in rows]}


def draft_view(session: Session, row: Draft) -> View:
    """The contract's LicenceDraft."""
    return _draft(row, of_owner(session, DRAFT_FILES, [row.draft_id]))


def drafts_view(session: Session, rows: Collection[Draft]) -> View:
    """The contract's LicenceDraftList; the files of all are one statement."""
    files: dict[str, list[Attachment]] = {row.draft_id: [] for row in rows}
    for file in of_owner(session, DRAFT_FILES, files.keys()):
        files[file.owner_id or ""].append(file)
    return {"items": [_draft(row, files[row.draft_id]) for row in rows]}


def _draft(row: Draft, files: Iterable[Attachment]) -> View:
    return {
        "draft_id": row.draft_id,
        "establishment": row.establishment,
        "form": row.form,
        "files": files_view(files)["items"],
        "created_at": rfc3339(row.created_at),
        "changed_at": rfc3339(row.changed_at),
    }
