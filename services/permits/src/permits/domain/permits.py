"""Permits: kinds, works, status, expiry, and what becomes of the previous permit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from chassis.core.refusals import Conflict, InvalidFields
from chassis.core.state_machine import StateMachine
from permits.domain.actions import titles_of
from saudi.days import add_years, both_calendars

VALIDITY_YEARS = (
    3  # construction licences: three years, executive bylaw of the municipal licensing law
)


class Kind(StrEnum):
    NEW = "new"
    FENCE = "fence"
    ADDITION = "addition"
    RESTORATION = "restoration"
    DEMOLITION = "demolition"
    RENEWAL = "renewal"
    OWNERSHIP_TRANSFER = "ownership_transfer"
    CORRECTION = "correction"
    CHANGE_OF_USE = "change_of_use"
    SITE_PREPARATION = "site_preparation"
    CHANGE_OF_CONTRACTOR = "change_of_contractor"
    CHANGE_OF_SUPERVISOR = "change_of_supervisor"


class Status(StrEnum):
    """As recorded. That a permit expired is computed from its dates and never recorded."""

    VALID = "valid"
    SUSPENDED = "suspended"
    RENEWED = "renewed"
    SUPERSEDED = "superseded"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


EXPIRED = "expired"


class Previous(StrEnum):
    """Whether a request of a kind names a permit that it follows."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True)
class KindRule:
    """`ends_as`: what the previous permit becomes on issue. `same_works`: the works are those of the previous permit.
    `changes`: the one part of the previous permit that has to change, while owners, land and building stay.
    `in_force`: an expired permit is renewed first. `of_finished`: a finished building's permit is referred to.
    `prolongs`: it runs anew."""

    ar: str
    en: str
    previous: Previous = Previous.NONE
    ends_as: Status | None = None
    same_works: bool = False
    changes: str | None = None
    in_force: bool = False
    of_finished: bool = True
    prolongs: bool = True


def _who_builds(ar: str, en: str, part: str) -> KindRule:
    return KindRule(
        ar,
        en,
        Previous.REQUIRED,
        Status.SUPERSEDED,
        same_works=True,
        changes=part,
        in_force=True,
        of_finished=False,
        prolongs=False,
    )


KINDS = {
    Kind.NEW: KindRule("إنشاء جديد", "New building"),
    Kind.FENCE: KindRule("تسوير", "Fence"),
    Kind.ADDITION: KindRule(
        "إضافة وتعديل مكونات",
        "Addition or change of components",
        Previous.OPTIONAL,
        Status.SUPERSEDED,
    ),
    Kind.RESTORATION: KindRule("ترميم", "Restoration", Previous.OPTIONAL),
    Kind.DEMOLITION: KindRule("هدم", "Demolition", Previous.OPTIONAL),
    Kind.RENEWAL: KindRule(
        "تجديد", "Renewal", Previous.REQUIRED, Status.RENEWED, same_works=True, of_finished=False
    ),
    Kind.OWNERSHIP_TRANSFER: KindRule(
        "نقل ملكية",
        "Ownership transfer",
        Previous.REQUIRED,
        Status.SUPERSEDED,
        same_works=True,
        of_finished=False,
        prolongs=False,
    ),
    Kind.CORRECTION: KindRule(
        "تصحيح وضع مبنى قائم",
        "Regularisation of an existing building",
        Previous.OPTIONAL,
        Status.SUPERSEDED,
    ),
    Kind.CHANGE_OF_USE: KindRule(
        "تغيير استعمال",
        "Change of use",
        Previous.REQUIRED,
        Status.SUPERSEDED,
        same_works=True,
        changes="use_class",
        in_force=True,
        prolongs=False,
    ),
    Kind.SITE_PREPARATION: KindRule("تجهيز موقع", "Site preparation"),
    Kind.CHANGE_OF_CONTRACTOR: _who_builds("استبدال المقاول", "Change of contractor", "contractor"),
    Kind.CHANGE_OF_SUPERVISOR: _who_builds(
        "استبدال المكتب المشرف", "Change of supervising office", "supervising_office"
    ),
}
STATUS_TITLES = {
    Status.VALID: ("سارية", "Valid"),
    EXPIRED: ("منتهية", "Expired"),
    Status.SUSPENDED: ("موقوفة", "Suspended"),
    Status.RENEWED: ("مجددة", "Renewed"),
    Status.SUPERSEDED: ("مستبدلة", "Superseded"),
    Status.COMPLETED: ("منجزة", "Completed"),
    Status.CANCELLED: ("ملغاة", "Cancelled"),
}


def status_words(status: str | None) -> dict[str, str] | None:
    """Returns a refusal's words for the status of a permit as of today; None for no permit."""
    title = STATUS_TITLES.get(status) if status else None
    return {"ar": title[0], "en": title[1].lower()} if title else None


class Action(StrEnum):
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    CANCEL = "cancel"
    CANCEL_FOR_OWNER = "cancel_for_owner"
    UNDO_CANCELLATION = "undo_cancellation"
    AMEND = "amend"
    AMEND_OWNERS = "amend_owners"
    COMPLETE = "complete"
    REOPEN = "reopen"
    RESTORE = "restore"
    OPEN_INSULATION = "open_insulation"
    ISSUE_INSULATION = "issue_insulation"


_LIVE = (Status.VALID, Status.SUSPENDED, Status.COMPLETED)
_ENDED = (Status.RENEWED, Status.SUPERSEDED, Status.CANCELLED)
TRANSITIONS: dict[Action, dict[Any, Status]] = {
    # Safety orders concern buildings in use too (Regulation of municipal licensing, art. 20), and works that go on
    # after the last day. Another ground is another suspension.
    Action.SUSPEND: dict.fromkeys((*_LIVE, EXPIRED), Status.SUSPENDED),
    Action.REINSTATE: {Status.SUSPENDED: Status.VALID},
    Action.CANCEL: dict.fromkeys((*_LIVE, EXPIRED), Status.CANCELLED),
    # A suspended permit would be left by the back door: a new request on the plot knows nothing of the danger.
    Action.CANCEL_FOR_OWNER: dict.fromkeys((Status.VALID, EXPIRED), Status.CANCELLED),
    Action.AMEND: {**{status: status for status in _LIVE}, EXPIRED: Status.VALID},
    Action.AMEND_OWNERS: {status: status for status in _ENDED},
    Action.COMPLETE: {Status.VALID: Status.COMPLETED},
    Action.REOPEN: {Status.COMPLETED: Status.VALID},
    Action.RESTORE: {Status.CANCELLED: Status.VALID},
    Action.UNDO_CANCELLATION: {Status.CANCELLED: Status.VALID},
    Action.OPEN_INSULATION: {Status.VALID: Status.VALID},
    Action.ISSUE_INSULATION: {Status.VALID: Status.VALID},
}
# Nobody reopens or restores a permit by hand: revoking the completion does, or an accepted appeal.
FOLLOWING = (Action.REOPEN, Action.RESTORE)
MACHINE = StateMachine(TRANSITIONS, titles_of(one for one in Action if one not in FOLLOWING))


class PreviousNotUsable(Conflict):
    """The permit to renew or replace isn't in force any more."""

    problem = "previous-permit-not-usable"

    def __init__(self, status: str) -> None:
        self.code = status
        super().__init__(status=status)


class PreviousChanged(Conflict):
    """The previous permit was corrected after the request was submitted, and the request says otherwise: it would
    undo the correction. `parts`: the titles of what differs, in both languages."""

    problem = "previous-permit-changed"

    def __init__(self, parts: Iterable[Mapping[str, str]]) -> None:
        super().__init__(parts=list(parts))


def expiry(issued_on: date, years: int = VALIDITY_YEARS) -> date:
    """Returns the last valid day: the issue date and `years` Gregorian years (2024-10-13 → 2027-10-13)."""
    return add_years(issued_on, years)


def effective_status(status: str, expires_on: date, on: date) -> str:
    """Returns the recorded status, or `expired` for a valid permit after its last valid day."""
    return EXPIRED if status == Status.VALID and on > expires_on else status


def last_day_of(effective: str, expires_on: date) -> date | None:
    """Returns the last valid day of a valid or expired permit. A stopped, finished or replaced permit has none that
    matters. `effective`: the status as of today."""
    return expires_on if effective in (Status.VALID, EXPIRED) else None


def advance(effective: str, action: Action) -> Status:
    """Returns the recorded status after the action. An expired permit isn't valid. Raises IllegalTransition."""
    return Status(MACHINE.after(action, effective))


def standing_again(*, suspended: bool, completed: bool) -> Status:
    """Returns the status of a permit once its suspension is lifted or its cancellation undone, by what still stands
    on the permit."""
    if suspended:
        return Status.SUSPENDED
    return Status.COMPLETED if completed else Status.VALID


def suspension_to_lift(
    grounds: Sequence[Mapping[str, Any]], suspension_id: str | None
) -> Mapping[str, Any]:
    """Returns the suspension that a decision lifts. Where several stand, the decision names one. Raises
    InvalidFields."""
    if suspension_id is None and len(grounds) == 1:
        return grounds[0]
    if suspension_id is None:
        raise InvalidFields.of("suspension_id", "required")
    for ground in grounds:
        if ground.get("suspension_id") == suspension_id:
            return ground
    raise InvalidFields.of("suspension_id", "suspension-unknown")


UNDO_DAYS = 60  # as long as an owner may appeal against a cancellation by the municipality


class CancellationStands(Conflict):
    """The cancellation isn't undone without an appeal. `code`: by-municipality, or too-late with the last day."""

    problem = "cancellation-stands"

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        super().__init__(**params)


def check_undoing(*, for_owner: bool, cancelled_on: date, today: date) -> None:
    """Refuses to undo a cancellation that the municipality decided, against which the owner appeals, and a
    cancellation of long ago. Raises CancellationStands."""
    last_day = cancelled_on + timedelta(days=UNDO_DAYS)
    if not for_owner:
        raise CancellationStands("by-municipality")
    if today > last_day:
        hijri = both_calendars(last_day).hijri
        raise CancellationStands("too-late", last_day=last_day, last_day_hijri=hijri)


def going_on(works: str, status: str) -> str | None:
    """Returns the works of a permit that another permit may carry on; None for a finished building, whose works are
    done."""
    return None if status == Status.COMPLETED else works


def works_of(kind: Kind, previous_works: str | None) -> str:
    """Returns what is built. A renewal and a transfer carry on the works of the previous permit."""
    return previous_works if KINDS[kind].same_works and previous_works else kind


def end_of_previous(kind: Kind, status: str) -> Status | None:
    """Returns what the previous permit becomes when a permit of `kind` is issued on it; None leaves it as it is.
    `status`: recorded, or as of today. Valid and expired permits end. An addition or a regularisation only refers to
    the permit of a finished building. A repair or a demolition ends nothing. Raises PreviousNotUsable."""
    rule, ends_as = KINDS[kind], KINDS[kind].ends_as
    if status == EXPIRED and not rule.in_force:
        status = Status.VALID
    if ends_as is None:
        if status == Status.CANCELLED:
            raise PreviousNotUsable(status)
        return None
    if status == Status.VALID:
        return ends_as
    if status == Status.COMPLETED and rule.of_finished:
        return None
    raise PreviousNotUsable(status)


def document_number(year_hijri: int, serial: int) -> str:
    """Returns year and serial with a slash, which keeps its order in Arabic text: 1448/1312."""
    return f"{year_hijri}/{serial}"


@dataclass(frozen=True)
class InsulationRule:
    """Whether works of some kinds need insulation before completion, within dates: rules change,
    code doesn't."""

    works: frozenset[str]
    needed: bool
    effective_from: date
    effective_until: date | None
    source: str


# The one table. A kind or time that it doesn't cover needs insulation: the gate fails closed.
INSULATION_RULES = (
    InsulationRule(
        frozenset({Kind.NEW, Kind.ADDITION, Kind.CORRECTION, Kind.RESTORATION}),
        needed=True,
        effective_from=date(2010, 9, 1),
        effective_until=None,
        source="Royal order 6927/م ب of 22/9/1431H; the minister's circular: no completion"
        " certificate before the insulation certificate; Cabinet, April 2020: insulation is"
        " verified whatever else isn't asked for",
    ),
    InsulationRule(
        frozenset({Kind.FENCE, Kind.DEMOLITION, Kind.SITE_PREPARATION, Kind.CHANGE_OF_USE}),
        needed=False,
        effective_from=date(2010, 9, 1),
        effective_until=None,
        source="The rule speaks of buildings (walls, roof, windows): neither a fence, nor a"
        " demolition, nor a prepared site is one,"
        " and another use of a finished building builds nothing",
    ),
)


def needs_insulation(works: str, *, describes_building: bool, on: date) -> bool:
    """Returns whether completion on that day needs an insulation certificate. A fence permit that describes a
    building counts as what it describes. A demolition describes what goes."""
    if works == Kind.FENCE and describes_building:
        return True
    for rule in INSULATION_RULES:
        until = rule.effective_until or date.max
        if works in rule.works and rule.effective_from <= on <= until:
            return rule.needed
    return True


FENCE_COMPONENT = "سور"


WITHOUT_BUILDING = "works-without-building"
# Which works leave a building that people may occupy and that current is released to. A fence and a demolition don't,
# whatever their permits describe: who built more than a fence asks for a permit of what was built. Works that aren't
# here leave none.
LEAVE_BUILDING: Mapping[str, bool] = {
    Kind.NEW: True,
    Kind.ADDITION: True,
    Kind.RESTORATION: True,
    Kind.CORRECTION: True,
    Kind.FENCE: False,
    Kind.DEMOLITION: False,
    Kind.SITE_PREPARATION: False,
    Kind.CHANGE_OF_USE: True,
}


def leaves_building(works: str) -> bool:
    """Returns whether there can be an occupancy certificate and a release of current."""
    return LEAVE_BUILDING.get(works, False)


def describes_building(
    components: Iterable[str], *, floors: int, units: int, built_area_m2: float
) -> bool:
    """Returns whether a permit describes more than a fence."""
    return bool(floors or units or built_area_m2) or any(
        name != FENCE_COMPONENT for name in components
    )


def building_needs_insulation(works: str, building: Mapping[str, Any], *, on: date) -> bool:
    """Returns whether works on a building, in the shape of the contract, need insulation before completion on that
    day."""
    is_building = describes_building(
        (item["component"] for item in building["components"]),
        floors=building["floors"],
        units=building["units"],
        built_area_m2=building["built_area_m2"],
    )
    return needs_insulation(works, describes_building=is_building, on=on)
