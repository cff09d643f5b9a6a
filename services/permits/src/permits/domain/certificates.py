"""Certificates of a permit, and the gate: no completion certificate without a valid insulation
certificate.

Completion (إتمام البناء) is neither occupancy (الإشغال) nor compliance (الامتثال). Insulation is
followed up in three stages, walls, roof and windows, often over several visits: the latest result
of a stage counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.core.refusals import Conflict, Fault, InvalidFields
from chassis.core.state_machine import StateMachine
from permits.domain.actions import titles_of
from permits.domain.permits import Status as PermitStatus
from permits.domain.permits import needs_insulation


class CertificateKind(StrEnum):
    INSULATION = "insulation"
    COMPLETION = "completion"
    OCCUPANCY = "occupancy"


TITLES = {
    CertificateKind.INSULATION: ("شهادة العزل الحراري", "Thermal insulation certificate"),
    CertificateKind.COMPLETION: ("شهادة إتمام البناء", "Completion certificate"),
    CertificateKind.OCCUPANCY: ("شهادة الإشغال", "Occupancy certificate"),
}


class Status(StrEnum):
    """As recorded. That a certificate expired is computed from `valid_until` and never recorded."""

    PENDING = "pending"
    ISSUED = "issued"
    REJECTED = "rejected"
    VOIDED = "voided"
    REVOKED = "revoked"


# Why a certificate is flagged.
PERMIT_CANCELLED, PERMIT_REPLACED = "permit-cancelled", "permit-replaced"
VOIDED_BEFORE_ISSUE = ("ملغاة قبل الإصدار", "Voided before issue")
STATUS_TITLES = {
    Status.PENDING: ("قيد المعاينة", "Pending"),
    Status.ISSUED: ("صادرة", "Issued"),
    Status.REJECTED: ("مرفوضة", "Rejected"),
    Status.VOIDED: ("ملغاة لصدورها بالخطأ", "Voided"),
    Status.REVOKED: ("مسحوبة", "Revoked"),
}


class Stage(StrEnum):
    WALLS = "walls"
    ROOF = "roof"
    WINDOWS = "windows"


STAGE_TITLES = {
    Stage.WALLS: {"ar": "الجدران", "en": "walls"},
    Stage.ROOF: {"ar": "السقف", "en": "roof"},
    Stage.WINDOWS: {"ar": "النوافذ", "en": "windows"},
}
PASS, FAIL = "pass", "fail"


class Action(StrEnum):
    RECORD_INSPECTION = "record_inspection"
    ISSUE = "issue"
    REJECT = "reject"
    VOID = "void"
    REVOKE = "revoke"
    LIFT = "lift"


TRANSITIONS: dict[CertificateKind, dict[Action, dict[Status, Status]]] = {
    CertificateKind.INSULATION: {
        Action.RECORD_INSPECTION: {Status.PENDING: Status.PENDING},
        Action.ISSUE: {Status.PENDING: Status.ISSUED},
        Action.REJECT: {Status.PENDING: Status.REJECTED},
        Action.VOID: {Status.PENDING: Status.VOIDED, Status.ISSUED: Status.VOIDED},
        Action.REVOKE: {Status.ISSUED: Status.REVOKED},
    },
    CertificateKind.COMPLETION: {
        Action.REVOKE: {Status.ISSUED: Status.REVOKED},
        Action.LIFT: {Status.REJECTED: Status.VOIDED},  # by an accepted appeal
    },
    CertificateKind.OCCUPANCY: {
        Action.RECORD_INSPECTION: {Status.PENDING: Status.PENDING},
        Action.ISSUE: {Status.PENDING: Status.ISSUED},
        Action.REJECT: {Status.PENDING: Status.REJECTED},
        Action.VOID: {Status.PENDING: Status.VOIDED, Status.ISSUED: Status.VOIDED},
        Action.REVOKE: {Status.ISSUED: Status.REVOKED},
    },
}
_TITLES = titles_of(one for one in Action if one is not Action.LIFT)
MACHINES = {kind: StateMachine(steps, _TITLES) for kind, steps in TRANSITIONS.items()}


@dataclass(frozen=True)
class StageResult:
    """An inspector's result for a stage. `u_value` in W/m2K, without limits, because the Code's text isn't at hand."""

    stage: Stage
    result: str
    inspected_on: date


class StagesIncomplete(Conflict):
    """Insulation is issued on three passed stages, not on one yes."""

    problem = "stages-incomplete"


class InsulationAlreadyOpen(Conflict):
    """The permit has an insulation certificate that's pending or in force."""

    problem = "insulation-already-open"


def advance(kind: str, status: str, action: Action) -> Status:
    """Returns the status after the action. Raises IllegalTransition."""
    return MACHINES[CertificateKind(kind)].after(action, status)


def latest_results(results: Iterable[StageResult]) -> dict[Stage, StageResult]:
    """Returns the result that counts of each stage, from results in the order of their recording."""
    return {result.stage: result for result in results}


def check_inspection(earlier: Sequence[StageResult], new: StageResult, *, today: date) -> None:
    """Raises InvalidFields for a date that's to come or lies before the stage's last result."""
    last = latest_results(earlier).get(new.stage)
    if new.inspected_on > today:
        raise InvalidFields([Fault("inspected_on", "future-date")])
    if last is not None and new.inspected_on < last.inspected_on:
        raise InvalidFields([Fault("inspected_on", "before-last-inspection")])


def check_final(inspected_on: date, *, since: date, after: date | None, today: date) -> None:
    """Checks the final inspection of a completion: not before the works were permitted, nor before the visits on
    which the completion rests (`after`: the last of them). Raises InvalidFields."""
    if inspected_on > today:
        raise InvalidFields.of("inspected_on", "future-date")
    if inspected_on < since:
        raise InvalidFields.of("inspected_on", "before-permit")
    if after is not None and inspected_on < after:
        raise InvalidFields.of("inspected_on", "before-insulation")


def check_validity(issued_on: date, valid_until: date | None) -> None:
    """Raises InvalidFields when the last valid day lies before the issue."""
    if valid_until is not None and valid_until < issued_on:
        raise InvalidFields([Fault("valid_until", "before-start")])


class Refusal(StrEnum):
    """Why a completion certificate is refused."""

    PERMIT_NOT_VALID = "permit-not-valid"
    MISSING = "insulation-missing"
    PENDING = "insulation-pending"
    REJECTED = "insulation-rejected"
    VOIDED = "insulation-voided"
    EXPIRED = "insulation-expired"
    REVOKED = "insulation-revoked"
    OF_ANOTHER_PERMIT = "insulation-of-another-permit"


class CompletionRefused(Conflict):
    """The gate is closed; `code` says why."""

    problem = "completion-refused"

    def __init__(self, refusal: Refusal, status_title: tuple[str, str] = ("", "")) -> None:
        self.code = refusal.value
        ar, en = status_title
        super().__init__(reason=refusal.value, status={"ar": ar, "en": en.lower()} if ar else None)


def is_of_the_building(refusal: str | None, permit_status: str) -> bool:
    """Returns whether a refusal is a decision about the building, which its owner is told."""
    if refusal == Refusal.PERMIT_NOT_VALID:
        return permit_status in (PermitStatus.VALID, PermitStatus.SUSPENDED)
    return refusal != Refusal.OF_ANOTHER_PERMIT


@dataclass(frozen=True)
class Insulation:
    """An insulation certificate, as the gate sees it."""

    certificate_id: str
    permit_id: str
    status: str
    valid_until: date | None


@dataclass(frozen=True)
class Works:
    """A permit, as the gate sees it. `effective_status` is computed for the day of the
    decision."""

    permit_id: str
    effective_status: str
    works: str
    describes_building: bool


@dataclass(frozen=True)
class Decision:
    """Refused for a reason, or open, resting on an insulation certificate (None where none is
    needed)."""

    refusal: Refusal | None = None
    rests_on: str | None = None


def decide_completion(
    permit: Works, insulation: Sequence[Insulation], *, on: date, named: str | None = None
) -> Decision:
    """Decides the gate. `insulation`: the certificates to look at, oldest first: the permit's certificates, or the
    named certificate."""
    if permit.effective_status != PermitStatus.VALID:
        return Decision(Refusal.PERMIT_NOT_VALID)
    if any(item.permit_id != permit.permit_id for item in insulation):
        return Decision(Refusal.OF_ANOTHER_PERMIT)
    if named is not None:
        insulation = [item for item in insulation if item.certificate_id == named]
    elif not needs_insulation(permit.works, describes_building=permit.describes_building, on=on):
        return Decision()
    refusal: Refusal | None = Refusal.MISSING
    for item in insulation:
        refusal = insulation_refusal(item, on=on)
        if refusal is None:
            return Decision(rests_on=item.certificate_id)
    return Decision(refusal)


_BY_STATUS = {
    Status.PENDING: Refusal.PENDING,
    Status.REJECTED: Refusal.REJECTED,
    Status.VOIDED: Refusal.VOIDED,
    Status.REVOKED: Refusal.REVOKED,
}


def insulation_refusal(item: Insulation, *, on: date) -> Refusal | None:
    """Returns why the certificate doesn't count on that day; None if the certificate is valid. An unknown status
    doesn't count."""
    if item.status == Status.ISSUED:
        expired = item.valid_until is not None and on > item.valid_until
        return Refusal.EXPIRED if expired else None
    try:
        return _BY_STATUS[Status(item.status)]
    except (KeyError, ValueError):
        return Refusal.MISSING


def blocks_another(item: Insulation, *, on: date) -> bool:
    """Returns whether an insulation certificate stands in the way of opening a new one."""
    return item.status == Status.PENDING or insulation_refusal(item, on=on) is None


def remaining_flag(*, insulation: Status | None, completion: Status | None) -> str | None:
    """Returns why a certificate stays flagged once the cancellation of its permit is undone; None if it isn't
    flagged any more. `insulation`, `completion`: the present status of the certificates on which the certificate
    rests."""
    if insulation in (Status.REVOKED, Status.VOIDED):
        return f"insulation-{insulation}"
    if completion not in (None, Status.ISSUED):
        return "completion-revoked"
    return None
