"""Answer a partner's entry about insulation: the entry takes effect or is refused, once.

Entries arrive late, twice and out of order. An entry that adds insulation (a passed stage, a number) needs a permit
in force; an entry that takes insulation away (a failed stage, a withdrawal) always takes effect. An entry about a
renewed or transferred permit applies to the permit that followed, because insulation belongs to the building.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.advisory import one_at_a_time
from chassis.data.unit_of_work import UnitOfWork
from permits.commands.insulation import VisitReport
from permits.commands.insulation_state import FollowUp, Step, apply_step, lock_insulation, open_next
from permits.commands.partner_entries import (
    CLIENT,
    answer_entry,
    is_answered,
    lock_named_permit,
)
from permits.commands.recording import successor_of
from permits.commands.release_state import lock_certificates
from permits.domain import insulation
from permits.domain.certificates import FAIL, Action, Stage, Status
from permits.domain.insulation import (
    Effect,
    EntryRefusal,
    EntryRefused,
    Numbered,
    Visit,
    count_facts,
)
from permits.domain.permits import Kind, building_needs_insulation
from permits.domain.succession import keeps_insulation
from permits.models import Certificate, Permit
from saudi.days import legal_day

SOURCE = "insulation-inspection"
_ENDING = ("renewed", "superseded")


@dataclass(frozen=True)
class PartnersEmployee:
    """The partner's employee who made an entry, by the opaque id that the gateway vouches for. No name, because a
    journal is only added to."""

    subject: str
    organisation: str | None
    attributes: Mapping[str, str]
    client_id: str = CLIENT
    name: None = None
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class AppliedEntry:
    """The effects of an entry."""

    permit: Permit
    effects: Sequence[Effect]
    certificate: Certificate


def answer_insulation(
    work: UnitOfWork, entry: Mapping[str, Any], *, validity_years: int = 0
) -> None:
    """Takes an entry, in the shape of events/partner-gateway/insulation-inspection.v1.schema.json. Publishes
    entry.took_effect or entry.refused, and what happened to the certificate. The same entry again does nothing."""
    if is_answered(work.session, entry):
        return
    permit: Permit | None = None
    try:
        permit = _lock_current_permit(work, entry)
        taken = _apply_entry(work, permit, entry, validity_years)
    except EntryRefused as refusal:
        answer_entry(work, SOURCE, entry, permit, refused=refusal.code.value)
    else:
        effects, row = [one.value for one in taken.effects], taken.certificate
        answer_entry(work, SOURCE, entry, taken.permit, effects=effects, certificate=row)


def _lock_current_permit(work: UnitOfWork, entry: Mapping[str, Any]) -> Permit:
    """Locks the permit that the building has now. Raises EntryRefused."""
    try:
        permit = lock_named_permit(work, entry)
    except NotFound:
        raise EntryRefused(EntryRefusal.PERMIT_UNKNOWN) from None
    while permit.status in _ENDING and (after := _lock_successor(work, permit)) is not None:
        permit = after
    return permit


def _lock_successor(work: UnitOfWork, permit: Permit) -> Permit | None:
    """Locks the permit to which the insulation of the locked permit went."""
    found = successor_of(work.session, permit)
    if found is None or not _insulation_moved(permit, found):
        return None
    return work.lock(Permit, found.permit_id)


def _insulation_moved(permit: Permit, after: Permit) -> bool:
    """Returns whether the insulation moved to the successor. Uses the start date recorded at issue, because land
    and owners may be corrected later; for two permits issued on one day, uses the rule."""
    if after.since < after.issued_on:
        return after.since == permit.since
    return after.since == permit.since and keeps_insulation(Kind(after.kind), permit, after)


def _apply_entry(
    work: UnitOfWork, permit: Permit, entry: Mapping[str, Any], validity_years: int
) -> AppliedEntry:
    lock_certificates(work, permit)
    follow_up, today = lock_insulation(work, permit), legal_day(work.now)
    texts = [entry["reason"], entry["materials"], entry["inspector"], *entry["defects"]]
    insulation.check_texts(texts)
    insulation.check_not_personal(entry["certificate_number"])
    needed = building_needs_insulation(permit.works, permit.building, on=today)
    if not needed and not follow_up.rows:
        raise EntryRefused(EntryRefusal.WORKS_WITHOUT_INSULATION)
    if entry["kind"] != "revocation" and entry["result"] != FAIL:
        insulation.check_status(permit.status)
    made = _InsulationEntry(entry, permit, validity_years)
    as_partner = work.acting_as(made.actor)
    match entry["kind"]:
        case "inspection":
            return _apply_visit(as_partner, follow_up, made)
        case "certificate":
            return _apply_number(as_partner, follow_up, made)
        case _:
            return _apply_withdrawal(as_partner, follow_up, made)


class _InsulationEntry:
    """An entry as the steps below read it."""

    def __init__(self, entry: Mapping[str, Any], permit: Permit, validity_years: int) -> None:
        self.entry, self._validity_years = entry, validity_years
        self.at = datetime.fromisoformat(entry["entered_at"])
        self.on = legal_day(self.at)
        by = entry["entered_by"]["subject"]
        self.actor = PartnersEmployee(by, entry["partner"], {"municipality": permit.municipality})

    def step(self, action: str, note: str | None, **details: Any) -> Step:
        """Returns the step for the certificate's history."""
        return Step(
            action=action,
            note=note,
            details={**details, "entry_id": self.entry["entry_id"]},
            reason=self.entry["reason"],
            validity_years=self._validity_years,
        )


def _apply_visit(work: UnitOfWork, follow_up: FollowUp, entry: _InsulationEntry) -> AppliedEntry:
    seen, permit = _visit_report(entry.entry), follow_up.permit
    insulation.check_visit(seen.inspected_on, entry.at, since=permit.since)
    insulation.check_findings(Stage(seen.stage), seen.result, seen.exact_u_value, seen.materials)
    visit = Visit(
        at=entry.at,
        place=(len(follow_up.rows),),
        stage=Stage(seen.stage),
        result=seen.result,
        inspected_on=seen.inspected_on,
    )
    before = follow_up.standing()
    effect = insulation.visit_effect(before, count_facts([*follow_up.facts(), visit]))
    step = entry.step(Action.RECORD_INSPECTION, seen.note, **seen.details)
    recorded = seen.row(entered_at=entry.at, entry_id=entry.entry["entry_id"])
    if effect is Effect.RECORDED_AS_EARLIER and follow_up.rows and follow_up.current is None:
        row = follow_up.rows[-1]
        row.inspections.append(recorded)
        _journal_on_ended(work, row, entry, step)
        return AppliedEntry(permit, [effect], row)
    row = _current_or_new(work, follow_up, entry, seen.inspected_on)
    row.inspections.append(recorded)
    return AppliedEntry(permit, [effect, *apply_step(work, follow_up, row, step)], row)


def _current_or_new(
    work: UnitOfWork, follow_up: FollowUp, entry: _InsulationEntry, on: date
) -> Certificate:
    """Returns the open certificate, or a new certificate if none is open or the last certificate had ended by that
    day."""
    row = follow_up.current
    if row is None or (row.valid_until is not None and on > row.valid_until):
        return open_next(work, follow_up)
    return row


def _journal_on_ended(
    work: UnitOfWork, row: Certificate, entry: _InsulationEntry, step: Step
) -> None:
    """Journals the step on an ended certificate, which changes no more."""
    work.record_action(row, step.action, note=step.note, details=step.details)


def _visit_report(entry: Mapping[str, Any]) -> VisitReport:
    return VisitReport(
        stage=entry["stage"],
        result=entry["result"],
        inspected_on=date.fromisoformat(entry["inspected_on"]),
        inspector=entry["inspector"],
        defects=tuple(entry["defects"]),
        materials=entry["materials"],
        u_value=float(entry["u_value"]) if entry["u_value"] else None,
    )


def _apply_number(work: UnitOfWork, follow_up: FollowUp, entry: _InsulationEntry) -> AppliedEntry:
    number = entry.entry["certificate_number"]
    new = Numbered(at=entry.at, place=(len(follow_up.rows),), number=number)
    row = follow_up.current
    over = row is not None and row.valid_until is not None and entry.on > row.valid_until
    facts = [] if over else follow_up.facts()
    partner = entry.entry["partner"]
    insulation.check_number(facts, new, _numbers_in_use(work.session, partner, number, row))
    row = _current_or_new(work, follow_up, entry, entry.on)
    row.partner, row.partner_certificate_number, row.numbered_at = partner, number, entry.at
    step = entry.step("record_number", number)
    effects = apply_step(work, follow_up, row, step)
    return AppliedEntry(follow_up.permit, effects or [Effect.NUMBER_RECORDED], row)


def _numbers_in_use(
    session: Session, partner: str, number: str, row: Certificate | None
) -> list[str]:
    """Returns the number if another certificate of the company waits with the number or was ever issued with the
    number. `row`: the open certificate. Holds the number until the transaction ends, because somebody may ask for
    another building."""
    one_at_a_time(session, "partner-number", f"{partner} {number.upper()}")
    theirs = and_(
        Certificate.partner == partner,
        func.upper(Certificate.partner_certificate_number) == number.upper(),
    )
    before = and_(  # certificates from before they said whose number it is
        Certificate.partner.is_(None), Certificate.partner_certificate_number == number
    )
    waits = Certificate.status == Status.PENDING.value
    own = row.certificate_id if row is not None and row.status == Status.PENDING else None
    found = session.scalar(
        select(Certificate.certificate_id)
        .where(or_(theirs, before), or_(waits, Certificate.issued_on.is_not(None)))
        .where(Certificate.certificate_id.is_distinct_from(own))
        .limit(1)
    )
    return [number] if found else []


def _apply_withdrawal(
    work: UnitOfWork, follow_up: FollowUp, entry: _InsulationEntry
) -> AppliedEntry:
    row, named = follow_up.current, entry.entry["certificate_number"]
    numbers: list[str] = []
    if row is not None and row.status == Status.ISSUED:
        both = (row.partner_certificate_number, row.certificate_number)
        numbers = [one for one in both if one]
    insulation.check_withdrawal(named, numbers)
    step = entry.step("record_withdrawal", entry.entry["reason"], certificate_number=named)
    if row is None and follow_up.rows and follow_up.rows[-1].ended_on is not None:
        row = follow_up.rows[-1]
        _restart_counting(row, entry)
        _journal_on_ended(work, row, entry, step)
        return AppliedEntry(follow_up.permit, [Effect.WITHDRAWAL_RECORDED], row)
    row = row or open_next(work, follow_up)
    _restart_counting(row, entry)
    effects = apply_step(work, follow_up, row, step)
    return AppliedEntry(follow_up.permit, [Effect.WITHDRAWAL_RECORDED, *effects], row)


def _restart_counting(row: Certificate, entry: _InsulationEntry) -> None:
    """Discards earlier entries, and later entries about visits before that day."""
    if row.counts_from is None or row.counts_from < entry.at:
        row.counts_from, row.counts_visits_from = entry.at, entry.on
