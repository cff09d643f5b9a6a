"""The files of an offering: named by a draft or an amendment, and read by everybody once an edition has them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from chassis.core.refusals import Findings
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import attachments_of, claim_for_form, uploader_of
from tenders.commands.recording import advance, lock_offering, record_draft
from tenders.domain.documents import Document, links_of
from tenders.domain.offerings import Action
from tenders.domain.terms import fault_booklets, parse_files
from tenders.models import Offering, OfferingT


def set_draft_files(
    work: UnitOfWork, model: type[OfferingT], offering_id: str, body: Mapping[str, Any]
) -> OfferingT:
    """Replaces the files of a draft, in the shape of the contract's `OfferingFiles`; a file that is left out is deleted
    with the uploads that nothing names. Raises NotFound, IllegalTransition and InvalidFields."""
    row = lock_offering(work, model, offering_id)
    advance(row, Action.EDIT)
    findings = Findings()
    named = claim_files(work, row, body["files"], findings)
    findings.settle()
    release_files(work, row, keep={one["attachment_id"] for one in named})
    row.documents = links_of(row.documents) + named
    record_draft(work, row, Action.EDIT)
    return row


def claim_files(
    work: UnitOfWork, row: Offering, files: Sequence[Document], findings: Findings
) -> list[Document]:
    """Returns the files as documents of a locked offering. Notes each that the actor didn't send, unless the offering
    has the file already."""
    named = parse_files(files, findings)
    if row.booklet_url is not None:
        fault_booklets(named, findings)
    known = {one.attachment_id for one in _owned_files(work, row)}
    owner, uploader = (row.aggregate_type, row.aggregate_id), uploader_of(work.actor)
    for place, one in enumerate(named):
        if one["attachment_id"] not in known:
            fault = (f"files.{place}.attachment_id", "file-not-sent")
            with findings.gather():
                claim_for_form(
                    work.session,
                    [one["attachment_id"]],
                    owner=owner,
                    uploader=uploader,
                    fault=fault,
                )
    return named


def release_files(work: UnitOfWork, row: Offering, *, keep: Collection[str] = ()) -> None:
    """Lets go of the other files of a draft, which are deleted with the uploads that nothing names."""
    for one in _owned_files(work, row):
        if one.attachment_id not in keep:
            one.owner_type = one.owner_id = None


def _owned_files(work: UnitOfWork, row: Offering) -> Sequence[Any]:
    return attachments_of(work.session, row.aggregate_type, [row.aggregate_id])
