"""Insulation: who enters inspections, which entries count, and which entries of a partner are refused.

The company's entries arrive late, twice and in any order. `count_facts` reads entries in the order in which they were
made (`at`, by the gateway's clock), so the order of arrival changes nothing. The visit of the latest day counts for a
stage. A failed visit that counts ends the certificate and drops the number that was given before the visit: the company
gives a new number when the stage has passed. After a withdrawal counting starts anew, with visits from that day on.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from chassis.core.refusals import Conflict
from permits.domain import permits
from permits.domain.certificates import FAIL, PASS, STAGE_TITLES, Stage
from permits.domain.reading import is_publishable, is_publishable_number
from saudi.days import legal_day
from saudi.insulation import doubtful_findings as findings_of_no_insulation
from saudi.insulation import is_usual_u_value


class CompanyInspects(Conflict):
    """No rule of the branch lets its officer enter inspections on that day."""

    problem = "insulation-by-the-company"


@dataclass(frozen=True)
class OfficerRule:
    """Some branches, within dates: `until` is the last day."""

    branches: frozenset[str]
    since: date
    until: date | None

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """Reads a rule of contracts/reference/insulation-inspectors.yaml."""
        until = written["until"]
        return cls(
            frozenset(written["branches"]),
            date.fromisoformat(written["from"]),
            date.fromisoformat(until) if until else None,
        )


def require_officer_rule(rules: Iterable[OfficerRule], branch: str, *, on: date) -> None:
    """Raises CompanyInspects. It fails closed: what no rule covers is the company's."""
    for rule in rules:
        if branch in rule.branches and rule.since <= on <= (rule.until or date.max):
            return
    raise CompanyInspects


@dataclass(frozen=True, kw_only=True)
class Visit:
    """An inspector's visit. `place` orders facts of one moment."""

    at: datetime
    place: tuple[int | str, ...]
    stage: Stage
    result: str
    inspected_on: date


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """The company gave its certificate's number, or the municipality's officer issued one."""

    at: datetime
    place: tuple[int | str, ...]
    number: str


@dataclass(frozen=True, kw_only=True)
class Ended:
    """An end of what was entered before. `visited_from`: a later entry about a visit before that day doesn't count
    either; None after a void, when the same visit may be entered again."""

    at: datetime
    place: tuple[int | str, ...]
    visited_from: date | None


Fact = Visit | Numbered | Ended


@dataclass
class Standing:
    """What counts: the latest visit of each stage, and the number since which nothing failed."""

    latest: dict[Stage, Visit] = field(default_factory=dict)
    number: str | None = None

    @property
    def missing(self) -> list[Stage]:
        """Returns the stages that haven't passed."""
        return [one for one in Stage if one not in self.latest or self.latest[one].result != PASS]

    @property
    def in_force(self) -> bool:
        """Returns whether there's a certificate to issue, or to leave in force."""
        return not self.missing and self.number is not None

    @property
    def last_day(self) -> date | None:
        """Returns the day of the last visit that counts."""
        return max((visit.inspected_on for visit in self.latest.values()), default=None)


def count_facts(facts: Iterable[Fact]) -> Standing:
    """Returns what counts of the facts, in whatever order they are given."""
    found, from_day = Standing(), None
    for fact in sorted(facts, key=lambda one: (one.at, one.place)):
        if isinstance(fact, Ended):
            found = Standing()
            from_day = fact.visited_from
        elif isinstance(fact, Numbered):
            found.number = found.number if found.in_force else fact.number
        elif from_day is None or fact.inspected_on >= from_day:
            _count_visit(found, fact)
    return found


def _count_visit(found: Standing, visit: Visit) -> None:
    before = found.latest.get(visit.stage)
    if before is not None and visit.inspected_on < before.inspected_on:
        return
    found.latest[visit.stage] = visit
    if visit.result == FAIL:
        found.number = None


class Oddity(StrEnum):
    """An oddity that is recorded with a visit."""

    OUT_OF_ORDER = "out-of-order"
    UNUSUAL_U_VALUE = "unusual-u-value"


ODDITY_TITLES = {
    Oddity.OUT_OF_ORDER: (
        "عوينت قبل المرحلة السابقة لها",
        "Seen before the stage that comes before it",
    ),
    Oddity.UNUSUAL_U_VALUE: ("معامل الانتقال الحراري غير معتاد", "Unusual U-value"),
}


def oddities(
    stage: Stage, inspected_on: date, days: Mapping[Stage, date], u_value: Decimal | None
) -> list[Oddity]:
    """What's odd about a visit; `days` are those of the visits that count. The stages' usual order is that of building:
    walls, roof, windows."""
    found = []
    before = list(Stage)[: list(Stage).index(stage)]
    if any(one not in days or days[one] > inspected_on for one in before):
        found.append(Oddity.OUT_OF_ORDER)
    if u_value is not None and not is_usual_u_value(stage, u_value):
        found.append(Oddity.UNUSUAL_U_VALUE)
    return found


def why_revoked(failed: Sequence[Visit]) -> str:
    """Returns the reason, as the owner reads it, of a certificate that was revoked because stages failed after its
    issue."""
    found = [
        f"{STAGE_TITLES[visit.stage]['ar']} ({visit.inspected_on:%Y/%m/%d}م)" for visit in failed
    ]
    return f"لم تجتز المعاينة بعد الإصدار: {'، '.join(found)}."


class EntryRefusal(StrEnum):
    """Why an entry about insulation changes nothing."""

    PERMIT_UNKNOWN = "permit-unknown"
    PERMIT_CANCELLED = "permit-cancelled"
    PERMIT_REPLACED = "permit-replaced"
    WORKS_WITHOUT_INSULATION = "works-without-insulation"
    BEFORE_PERMIT = "before-permit"
    FUTURE_DATE = "future-date"
    PERSONAL_NUMBER = "personal-number"
    CERTIFICATE_IN_FORCE = "certificate-in-force"
    NUMBER_USED = "certificate-number-used"
    NEWER_NUMBER = "newer-number"
    WITHDRAWN_SINCE = "withdrawn-since"
    U_VALUE_IMPLAUSIBLE = "u-value-implausible"
    MATERIALS_UNCLEAR = "materials-unclear"
    OTHER_CERTIFICATE = "other-certificate"


class Effect(StrEnum):
    """An effect of an entry."""

    RECORDED = "recorded"
    RECORDED_AS_EARLIER = "recorded-as-earlier"
    NUMBER_RECORDED = "number-recorded"
    WITHDRAWAL_RECORDED = "withdrawal-recorded"
    CERTIFICATE_ISSUED = "certificate-issued"
    CERTIFICATE_REVOKED = "certificate-revoked"
    COMPLETION_FLAGGED = "completion-flagged"


class EntryRefused(Exception):
    """The entry changes nothing; `code` is a code of the reference."""

    def __init__(self, code: StrEnum) -> None:
        self.code = code
        super().__init__(code)


def check_visit(inspected_on: date, entered_at: datetime, *, since: date) -> None:
    """Raises EntryRefused for a visit before the building's first permit, or after its own entry."""
    if inspected_on < since:
        raise EntryRefused(EntryRefusal.BEFORE_PERMIT)
    if inspected_on > legal_day(entered_at):
        raise EntryRefused(EntryRefusal.FUTURE_DATE)


def doubtful_findings(
    stage: Stage, result: str, u_value: Decimal | None, materials: str | None
) -> dict[str, EntryRefusal]:
    """Returns the fields of a passed visit that no insulated stage has (saudi.insulation). A failed visit is always
    taken."""
    if result != PASS:
        return {}
    found = findings_of_no_insulation(stage, u_value, materials)
    return {name: EntryRefusal(code) for name, code in found.items()}


def check_findings(
    stage: Stage, result: str, u_value: Decimal | None, materials: str | None
) -> None:
    """Raises EntryRefused for doubtful findings: a certificate would issue itself on a slip that nobody answers."""
    for code in doubtful_findings(stage, result, u_value, materials).values():
        raise EntryRefused(code)


def check_texts(texts: Collection[str | None]) -> None:
    """Raises EntryRefused: what a partner writes is published to the owner, and has no number of a person in it."""
    if not all(is_publishable(one) for one in texts if one):
        raise EntryRefused(EntryRefusal.PERSONAL_NUMBER)


def check_not_personal(number: str | None) -> None:
    """Raises EntryRefused: a certificate's number reaches machines, to which no owner is shown."""
    if number is not None and not is_publishable_number(number):
        raise EntryRefused(EntryRefusal.PERSONAL_NUMBER)


def check_status(status: str) -> None:
    """Refuses an entry that adds insulation to a permit that doesn't go on. An entry that takes insulation away is
    always taken. Raises EntryRefused."""
    if status == permits.Status.CANCELLED:
        raise EntryRefused(EntryRefusal.PERMIT_CANCELLED)
    if status in (permits.Status.RENEWED, permits.Status.SUPERSEDED):
        raise EntryRefused(EntryRefusal.PERMIT_REPLACED)


def check_number(facts: Collection[Fact], new: Numbered, used: Collection[str]) -> None:
    """Raises EntryRefused for a number that no certificate can be issued with any more."""
    if new.number in used:
        raise EntryRefused(EntryRefusal.NUMBER_USED)
    now = count_facts(facts)
    if now.in_force:
        raise EntryRefused(EntryRefusal.CERTIFICATE_IN_FORCE)
    then = count_facts([*facts, new])
    if then.number != new.number:
        raise EntryRefused(
            EntryRefusal.NEWER_NUMBER if then.number else EntryRefusal.WITHDRAWN_SINCE
        )


def check_withdrawal(named: str | None, numbers: Collection[str]) -> None:
    """Refuses a withdrawal that names another certificate. `numbers`: the company's number and our number of the
    certificate in force; empty if no certificate is in force. Raises EntryRefused."""
    if named is not None and numbers and named not in numbers:
        raise EntryRefused(EntryRefusal.OTHER_CERTIFICATE)


def visit_effect(before: Standing, after: Standing) -> Effect:
    """Returns whether a recorded visit changed what counts."""
    return Effect.RECORDED_AS_EARLIER if before.latest == after.latest else Effect.RECORDED


EMPTIED = ""
NAME_EMPTIED = "حُذف الاسم بانقضاء مدته"  # what staff see in its place


def emptied_before(today: date, days: int) -> date:
    """Visits before that day have no inspector's name any more."""
    return today - timedelta(days=days)


def without_inspector(stage: Mapping[str, Any], before: date) -> dict[str, Any]:
    """Returns a stage as a certificate shows it, without the inspector's name if a partner's visit is old enough."""
    old = date.fromisoformat(stage["inspected_on"]) < before
    return {**stage, "inspector": EMPTIED} if stage.get("by") == "partner" and old else dict(stage)


def shown_inspector(name: str) -> str:
    """Returns the name, or that the name was emptied."""
    return NAME_EMPTIED if name == EMPTIED else name
