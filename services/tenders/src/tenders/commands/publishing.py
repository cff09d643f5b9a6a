"""From the draft to the deadline for bids: draft, edit, publish, amend, close."""

from collections.abc import Callable, Mapping
from typing import Any

from chassis.core.ids import new_id
from chassis.core.refusals import Findings, InvalidFields
from chassis.data.numbers import draw
from chassis.data.unit_of_work import UnitOfWork
from saudi.days import hijri_year, legal_day
from tenders.commands.files import claim_files
from tenders.commands.recording import (
    advance,
    drop_clock,
    lock_offering,
    record_draft,
    record_public_change,
    set_closing,
)
from tenders.domain.actors import drafting_municipality
from tenders.domain.documents import files_of, links_of
from tenders.domain.notices import AMENDED, DEADLINE_CHANGED
from tenders.domain.offerings import (
    Action,
    amend_deadlines,
    fault_moment,
    number_text,
    require_bids_open,
)
from tenders.domain.terms import (
    Terms,
    fault_booklets,
    fault_sold_links,
    parse_documents,
    parse_lease,
    parse_tender,
    parse_words,
)
from tenders.models import Edition, Lease, Offering, OfferingT, Tender
from tenders.ocds import ocid_of

_PARSERS: Mapping[type[Any], Callable[..., Terms]] = {Tender: parse_tender, Lease: parse_lease}


def draft_offering(work: UnitOfWork, model: type[OfferingT], body: Mapping[str, Any]) -> OfferingT:
    """Drafts in the shape of the contract's `NewTender` or `NewLease`. Raises InvalidFields."""
    row = model(
        municipality=drafting_municipality(work.actor, body.get("municipality")),
        status="draft",
        drafted_at=work.now,
        edition=0,
        **{f"{model.aggregate_type}_id": new_id()},
        **_PARSERS[model](body, work.now),
    )
    work.session.add(row)
    record_draft(work, row, Action.DRAFT)
    return row


def edit_offering(
    work: UnitOfWork, model: type[OfferingT], offering_id: str, body: Mapping[str, Any]
) -> OfferingT:
    """Replaces the terms of a draft; its files stay. Raises NotFound, InvalidFields and IllegalTransition."""
    row = lock_offering(work, model, offering_id)
    terms = _PARSERS[model](body, work.now)
    advance(row, Action.EDIT)
    if body.get("municipality"):
        row.municipality = drafting_municipality(work.actor, body["municipality"])
    terms["documents"] += files_of(row.documents)
    for name, value in terms.items():
        setattr(row, name, value)
    record_draft(work, row, Action.EDIT)
    return row


def publish_offering(
    work: UnitOfWork, model: type[OfferingT], offering_id: str, *, ocid_prefix: str
) -> OfferingT:
    """Publishes a draft under a new number, and fixes its identifier in OCDS: `ocid_prefix` and the number. The
    deadlines of the draft have to lie ahead still, and a booklet that is sold is no file. The number is drawn last: the
    series stays locked until the commit. Raises NotFound, IllegalTransition and InvalidFields."""
    row = lock_offering(work, model, offering_id)
    advance(row, Action.PUBLISH)
    findings = Findings()
    row.deadlines.fault_moments(work.now, findings)
    if row.booklet_url is not None:
        fault_booklets(files_of(row.documents), findings)
        fault_sold_links(links_of(row.documents), row.booklet_url, findings)
    findings.settle()
    row.published_at = work.now
    _add_edition(work, row, None)
    year = hijri_year(legal_day(work.now))
    series = row.aggregate_type
    serial = draw(work.session, series, row.municipality, year)
    row.number = number_text(series, row.municipality, year, serial)
    row.ocid = ocid_of(ocid_prefix, row.number)
    set_closing(work, row)
    return record_public_change(work, row, Action.PUBLISH, "published")


def _add_edition(work: UnitOfWork, row: Offering, reason: Mapping[str, str] | None) -> None:
    row.edition += 1
    edition = Edition(
        offering_id=row.aggregate_id,
        edition=row.edition,
        reason=None if reason is None else dict(reason),
        documents=list(row.documents),
        published_at=work.now,
        **vars(row.deadlines),
    )
    work.session.add(edition)


def amend_offering(
    work: UnitOfWork, model: type[OfferingT], offering_id: str, body: Mapping[str, Any]
) -> OfferingT:
    """Publishes a new edition, and keeps the editions before. Followers hear of every amendment: of the
    new deadline for bids, or that another deadline, the opening or the documents changed. Raises NotFound,
    IllegalTransition, BidsAreClosed and InvalidFields."""
    row = lock_offering(work, model, offering_id)
    advance(row, Action.AMEND)
    require_bids_open(row.bids_until, work.now)
    before, documents_before = row.deadlines, row.documents
    reason = _amend_terms(work, row, body)
    if (row.deadlines, row.documents) == (before, documents_before):
        raise InvalidFields.of("reason", "nothing-amended")
    _add_edition(work, row, reason)
    set_closing(work, row)
    is_moved = row.bids_until != before.bids_until
    notice = DEADLINE_CHANGED if is_moved else AMENDED
    return record_public_change(work, row, Action.AMEND, "amended", notice=notice)


def _amend_terms(work: UnitOfWork, row: Offering, body: Mapping[str, Any]) -> dict[str, str]:
    findings = Findings()
    reason = parse_words(body["reason"], "reason", findings)
    deadlines = amend_deadlines(row.deadlines, body, findings)
    for name in vars(deadlines):
        if body.get(name) is not None:
            fault_moment(name, body[name], work.now, findings)
    links, files = links_of(row.documents), files_of(row.documents)
    if body.get("documents") is not None:
        links = parse_documents(body["documents"], findings)
        fault_sold_links(links, row.booklet_url, findings)
    if body.get("files") is not None:
        files = claim_files(work, row, body["files"], findings)
    findings.settle()
    for name, moment in vars(deadlines).items():
        setattr(row, name, moment)
    row.documents = [*links, *files]
    return reason


def close_when_due(work: UnitOfWork, row: OfferingT) -> None:
    """Closes a locked offering at its deadline for bids. Does nothing if the deadline moved meanwhile, or the offering
    was cancelled."""
    if row.status != "published" or work.now < row.bids_until:
        return
    advance(row, Action.CLOSE)
    drop_clock(work, row)
    record_public_change(work, row, Action.CLOSE, "closed")
