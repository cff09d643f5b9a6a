"""What only leases have: negotiation, hand-over of the site, extension, return."""

from datetime import date

from chassis.core.refusals import Findings, not_blank
from chassis.data.unit_of_work import UnitOfWork
from saudi.days import legal_day
from tenders.commands.recording import advance, lock_offering, record_public_change
from tenders.domain.leases import ends_on, extend_term, require_term_over
from tenders.domain.offerings import Action
from tenders.domain.terms import parse_note
from tenders.models import Lease


def negotiate(work: UnitOfWork, lease_id: str, *, note: str) -> Lease:
    """Begins the negotiation with the highest bidder. Raises NotFound, IllegalTransition and InvalidFields."""
    row = lock_offering(work, Lease, lease_id)
    note = parse_note(note)
    advance(row, Action.NEGOTIATE)
    return record_public_change(work, row, Action.NEGOTIATE, "negotiating", note=note)


def hand_over(work: UnitOfWork, lease_id: str, *, report_number: str, day: date) -> Lease:
    """Records the hand-over report: the term is counted from its day. Raises NotFound, IllegalTransition and
    InvalidFields."""
    row = lock_offering(work, Lease, lease_id)
    advance(row, Action.HAND_OVER)
    findings = Findings()
    with findings.gather():
        row.hand_over_report = not_blank(report_number, "report_number")
    if day > legal_day(work.now):
        findings.fault("handed_over_on", "day-in-future")
    if row.signed_on is not None and day < row.signed_on:
        findings.fault("handed_over_on", "before-the-contract")
    findings.settle()
    row.handed_over_on = day
    row.ends_on = ends_on(day, years=row.term_years, days=row.term_days)
    return record_public_change(work, row, Action.HAND_OVER, "handed_over")


def extend(work: UnitOfWork, lease_id: str, *, note: str) -> Lease:
    """Extends a temporary lease once, by the same term. Raises NotFound, IllegalTransition, NotExtendable and
    InvalidFields."""
    row = lock_offering(work, Lease, lease_id)
    note = parse_note(note)
    advance(row, Action.EXTEND)
    last = row.ends_on or legal_day(work.now)
    today = legal_day(work.now)
    row.ends_on = extend_term(last, days=row.term_days, extended=row.extended, today=today)
    row.extended = True
    return record_public_change(work, row, Action.EXTEND, "extended", note=note)


def return_site(work: UnitOfWork, lease_id: str, *, note: str) -> Lease:
    """Records the return of the site after the term. Raises NotFound, IllegalTransition, TermNotOver and
    InvalidFields."""
    row = lock_offering(work, Lease, lease_id)
    note = parse_note(note)
    advance(row, Action.RETURN)
    require_term_over(row.ends_on, legal_day(work.now))
    return record_public_change(work, row, Action.RETURN, "returned", note=note)
