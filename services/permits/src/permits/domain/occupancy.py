"""Occupancy certificates (شهادة الإشغال): that people may use a building, for good or for a time.

Neither completion nor compliance. A final one rests on the completion certificate and on insulation, a temporary one on
insulation alone; works that leave no building have neither. Each is decided within three working days of the request,
by an inspection, and refused with reasons (Reg. art. 17 to 19).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from chassis.core.refusals import Conflict, Fault, InvalidFields
from permits.domain.certificates import FAIL, PASS
from permits.domain.permits import WITHOUT_BUILDING, status_words
from permits.domain.permits import Status as PermitStatus
from saudi.working_time import WorkingTime

LONGEST_TEMPORARY = timedelta(days=180)  # Reg. art. 19
DECISION_DAYS = 3  # working days, Reg. art. 18


class Kind(StrEnum):
    FINAL = "final"
    TEMPORARY = "temporary"


KIND_TITLES = {Kind.FINAL: ("نهائية", "Final"), Kind.TEMPORARY: ("مؤقتة", "Temporary")}


class Refusal(StrEnum):
    """Why an occupancy certificate can't be asked for or issued."""

    WORKS_WITHOUT_BUILDING = WITHOUT_BUILDING
    PERMIT_NOT_VALID = "permit-not-valid"
    COMPLETION_MISSING = "completion-missing"
    COMPLETION_FLAGGED = "completion-flagged"
    INSULATION_MISSING = "insulation-missing"
    IN_FORCE = "occupancy-in-force"
    REQUESTED = "occupancy-requested"
    INSPECTION_MISSING = "inspection-missing"
    INSPECTION_FAILED = "inspection-failed"


class OccupancyRefused(Conflict):
    """The rules don't allow it; `code` says why. `status`: of the permit, as of today."""

    problem = "occupancy-refused"

    def __init__(self, refusal: Refusal, status: str | None = None) -> None:
        self.code = refusal.value
        super().__init__(reason=refusal.value, status=status_words(status))


@dataclass(frozen=True)
class Ground:
    """A permit and what stands on it. `effective_status` and `insulation` are those of the day of the decision;
    `insulation` is why it isn't verified, also of works that leave no building; None where a certificate is in
    force."""

    effective_status: str
    insulation: str | None
    completion_id: str | None = None
    completion_flagged: bool = False


@dataclass(frozen=True)
class Other:
    """Another occupancy certificate of the same permit."""

    kind: str
    status: str
    flagged: bool


def ground_refusal(kind: Kind, ground: Ground) -> Refusal | None:
    """What's missing below a certificate of that kind; None when nothing is."""
    if ground.insulation == WITHOUT_BUILDING:
        return Refusal.WORKS_WITHOUT_BUILDING
    refusal = _final(ground) if kind is Kind.FINAL else _temporary(ground)
    return refusal or (Refusal.INSULATION_MISSING if ground.insulation else None)


def _final(ground: Ground) -> Refusal | None:
    if ground.effective_status == PermitStatus.VALID:
        return Refusal.COMPLETION_MISSING
    if ground.effective_status != PermitStatus.COMPLETED or ground.completion_id is None:
        return Refusal.PERMIT_NOT_VALID
    return Refusal.COMPLETION_FLAGGED if ground.completion_flagged else None


def _temporary(ground: Ground) -> Refusal | None:
    stands = ground.effective_status in (PermitStatus.VALID, PermitStatus.COMPLETED)
    return None if stands else Refusal.PERMIT_NOT_VALID


def check_request(kind: Kind, ground: Ground, others: Iterable[Other]) -> None:
    """Raises OccupancyRefused. One request is decided at a time; a temporary certificate may be followed by another one
    or by a final one, a final one by none while it stands."""
    if refusal := ground_refusal(kind, ground):
        raise OccupancyRefused(refusal, ground.effective_status)
    for other in others:
        if other.status == "pending":
            raise OccupancyRefused(Refusal.REQUESTED)
        if (other.status, other.kind) == ("issued", Kind.FINAL):
            raise OccupancyRefused(Refusal.IN_FORCE)


def check_issue(kind: Kind, ground: Ground, inspection: Mapping[str, object] | None) -> None:
    """Raises OccupancyRefused: the ground has to stand on the day of issue, and the latest inspection to be passed."""
    if refusal := ground_refusal(kind, ground):
        raise OccupancyRefused(refusal, ground.effective_status)
    if inspection is None:
        raise OccupancyRefused(Refusal.INSPECTION_MISSING)
    if inspection["result"] != PASS:
        raise OccupancyRefused(Refusal.INSPECTION_FAILED)


def check_inspection(
    result: str,
    defects: Iterable[str],
    inspected_on: date,
    *,
    since: date,
    today: date,
    last: date | None = None,
) -> None:
    """Checks an inspection: a failed inspection names its defects, a passed one has none. `since`: when the works
    began to be permitted, before which nobody can have seen the building; `last`: the last inspection, before which
    another inspection changes nothing. Raises InvalidFields."""
    faults = []
    if result == FAIL and not list(defects):
        faults.append(Fault("defects", "required"))
    if result == PASS and list(defects):
        faults.append(Fault("defects", "not-allowed"))
    if inspected_on > today:
        faults.append(Fault("inspected_on", "future-date"))
    if inspected_on < since:
        faults.append(Fault("inspected_on", "before-permit"))
    elif last is not None and inspected_on < last:
        faults.append(Fault("inspected_on", "before-last-inspection"))
    if faults:
        raise InvalidFields(faults)


def check_term(kind: Kind, issued_on: date, valid_until: date | None) -> None:
    """Checks the term: a temporary certificate ends within 180 days of its issue, a final certificate doesn't end.
    Raises InvalidFields."""
    if kind is Kind.FINAL:
        if valid_until is not None:
            raise InvalidFields.of("valid_until", "not-allowed")
    elif valid_until is None:
        raise InvalidFields.of("valid_until", "required")
    elif valid_until < issued_on:
        raise InvalidFields.of("valid_until", "before-start")
    elif valid_until > issued_on + LONGEST_TEMPORARY:
        raise InvalidFields.of("valid_until", "term-too-long", days=LONGEST_TEMPORARY.days)


def decide_by(requested_on: date, office: WorkingTime) -> date:
    """Returns the last of the three working days. The day of the request doesn't count."""
    return office.add_working_days(requested_on, DECISION_DAYS)


def in_force(valid_until: date | None, *, flagged: bool, on: date) -> bool:
    """Returns whether an issued certificate is in force on that day. A flagged certificate isn't."""
    ended = valid_until is not None and on > valid_until
    return not ended and not flagged
