"""A version of the rules: the activities and where they're offered, the conditions, and what a licence costs.

Rules are data with a day from which they hold. A decision names the version that it was made by, so that it can be
made again, by this version or another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from licences.domain.declarations import CANCEL, CORRECT, Declaration
from saudi.bilingual import Bilingual
from saudi.money import riyal_words


@dataclass(frozen=True)
class Terms:
    """What holds for an activity in a municipality. `immediate`: issued without an officer once all conditions are
    satisfied, up to `immediate_up_to_m2`. Not licensed beyond `max_area_m2`. None: no bound."""

    immediate: bool
    immediate_up_to_m2: Decimal | None
    max_area_m2: Decimal | None
    years_max: int


@dataclass(frozen=True)
class Activity:
    """An activity by its ISIC4 code. `needs`: its conditions besides those of each licence. `fee_class` chooses its
    fee rules. `in_force_until`: the last day on which it may be asked for."""

    code: str
    words: Bilingual
    kinds: frozenset[str]
    needs: frozenset[str]
    fee_class: str
    inspected_afterwards: bool
    in_force_from: date
    in_force_until: date | None
    terms: Mapping[str, Terms]

    def is_offered(self, on: date) -> bool:
        """Returns whether the activity may be asked for on the day."""
        return self.in_force_from <= on and (
            self.in_force_until is None or on <= self.in_force_until
        )


@dataclass(frozen=True)
class FeeRule:
    """A part of the fee: `halalas` per year, per square metre and year, or once. It applies to these kinds, fee
    classes and requests, from its first to its last day; an empty set means all."""

    code: str
    words: Bilingual
    per: str
    halalas: int
    kinds: frozenset[str]
    fee_classes: frozenset[str]
    requests: frozenset[str]
    late_only: bool
    since: date
    until: date | None

    def holds(self, on: date) -> bool:
        """Returns whether the rule holds on the day."""
        return self.since <= on and (self.until is None or on <= self.until)


@dataclass(frozen=True)
class Parameters:
    """Numbers that conditions compare with: years, days, working days (`review_days`), and a share in per cent."""

    owner_age: int
    lease_years: int
    renewal_days: int
    health_certificate_share: int
    waiting_days: int
    completion_days: int
    bill_days: int
    inspection_days: int
    review_days: int = 15  # a version of before says nothing of it


@dataclass(frozen=True)
class Rules:
    """A whole version. `conditions`: codes of conditions by the name of a group (`always`, `establishment`, a kind, a
    request, `move`). `on_false`: what follows from a condition that isn't satisfied."""

    version: str
    effective_from: date
    parameters: Parameters
    conditions: Mapping[str, frozenset[str]]
    on_false: Mapping[str, str]
    fees: Sequence[FeeRule]
    activities: Mapping[str, Activity]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Rules":
        """Reads a document without faults (`rule_documents`), as in `licences/rules/`."""
        regions = document["municipalities"]
        return cls(
            version=document["version"],
            effective_from=date.fromisoformat(document["effective_from"]),
            parameters=Parameters(**document["parameters"]),
            conditions={name: frozenset(codes) for name, codes in document["conditions"].items()},
            on_false=dict(document["on_false"]),
            fees=tuple(_fee(one) for one in document["fees"]),
            activities={one["code"]: _activity(one, regions) for one in document["activities"]},
        )

    def as_on(self, day: date) -> "Rules":
        """Returns what holds on the day, without first and last days of its parts: by that an older case is judged."""
        return replace(
            self,
            fees=tuple(
                replace(one, since=date.min, until=None) for one in self.fees if one.holds(day)
            ),
            activities={
                code: replace(one, in_force_from=date.min, in_force_until=None)
                for code, one in self.activities.items()
                if one.is_offered(day)
            },
        )


def _activity(document: Mapping[str, Any], municipalities: Iterable[str]) -> Activity:
    everywhere = document.get("terms", {})
    elsewhere = document.get("municipalities", {})
    return Activity(
        code=document["code"],
        words=Bilingual.read(document),
        kinds=frozenset(document["kinds"]),
        needs=frozenset(document.get("needs", ())),
        fee_class=document["fee_class"],
        inspected_afterwards=bool(document.get("inspected_afterwards", True)),
        in_force_from=_day(document.get("in_force_from")) or date(2026, 1, 1),
        in_force_until=_day(document.get("in_force_until")),
        terms={
            name: _terms({**everywhere, **(elsewhere.get(name) or {})})
            for name in municipalities
            if elsewhere.get(name, {}) is not None
        },
    )


def _terms(document: Mapping[str, Any]) -> Terms:
    return Terms(
        immediate=bool(document.get("immediate", False)),
        immediate_up_to_m2=_area(document.get("immediate_up_to_m2")),
        max_area_m2=_area(document.get("max_area_m2")),
        years_max=int(document.get("years_max", 3)),
    )


def _fee(document: Mapping[str, Any]) -> FeeRule:
    return FeeRule(
        code=document["code"],
        words=Bilingual.read(document),
        per=document["per"],
        halalas=int(document["halalas"]),
        kinds=frozenset(document.get("kinds", ())),
        fee_classes=frozenset(document.get("fee_classes", ())),
        requests=frozenset(document.get("requests", ())),
        late_only=bool(document.get("late_only", False)),
        since=_day(document["since"]) or date.min,
        until=_day(document.get("until")),
    )


def _day(value: Any) -> date | None:
    return date.fromisoformat(str(value)) if value is not None else None


def _area(value: Any) -> Decimal | None:
    return Decimal(str(value)) if value is not None else None


def activity_state(activity: Activity, rules: Rules) -> dict[str, Any]:
    """Returns the activity as it's published: events/licences/activity.v1.schema.json."""
    until = activity.in_force_until
    return {
        "code": activity.code,
        **activity.words.pair(),
        "kinds": sorted(activity.kinds),
        "in_force_from": activity.in_force_from.isoformat(),
        "in_force_until": until.isoformat() if until else None,
        "rules": rules.version,
        "needs": sorted(activity.needs),
        "inspected_afterwards": activity.inspected_afterwards,
        "municipalities": {
            name: _published_terms(one) for name, one in sorted(activity.terms.items())
        },
    }


def activity_event_name(before: dict[str, Any] | None, after: dict[str, Any]) -> str | None:
    """Returns the past participle of the event that tells of the difference; None if only the version of the rules
    differs."""
    if before is None:
        return "published"
    if {**before, "rules": ""} == {**after, "rules": ""}:
        return None
    ends = after["in_force_until"]
    return "ended" if ends is not None and ends != before["in_force_until"] else "changed"


def _published_terms(terms: Terms) -> dict[str, Any]:
    return {
        "immediate": terms.immediate,
        "immediate_up_to_m2": _float(terms.immediate_up_to_m2),
        "max_area_m2": _float(terms.max_area_m2),
        "years_max": terms.years_max,
    }


def _float(value: Decimal | None) -> float | None:
    return float(value) if value is not None else None


@dataclass(frozen=True)
class FeeLine:
    """A part of the fee. `because`: how it was computed, for people."""

    code: str
    words: Bilingual
    halalas: int
    because: Bilingual

    def record(self) -> dict[str, Any]:
        """Returns the line as an invoice and an application carry it."""
        return {
            "code": self.code,
            **self.words.pair(),
            "amount_halalas": self.halalas,
            "because": self.because.pair(),
        }


def fee_lines(declaration: Declaration, rules: Rules, *, on: date) -> Sequence[FeeLine]:
    """Returns the lines of the fee, by the kind, the area, the sign and the years; none if nothing is to be paid.
    Takes the dearest fee class among the activities, because the applicant names the main activity."""
    activities = (rules.activities.get(code) for code in declaration.activities)
    classes = [one.fee_class for one in activities if one is not None]
    return max((_lines_of(one, declaration, rules, on) for one in classes or [""]), key=fee_total)


def _lines_of(
    fee_class: str, declaration: Declaration, rules: Rules, on: date
) -> Sequence[FeeLine]:
    asked = (declaration.request, declaration.kind, fee_class)
    applying = (
        rule
        for rule in rules.fees
        if (declaration.is_late or not rule.late_only) and _applies(rule, asked, on)
    )
    lines = (_line(rule, declaration) for rule in applying)
    return [line for line in lines if line.halalas]


def fee_total(lines: Sequence[FeeLine]) -> int:
    """Returns the sum in halalas."""
    return sum(line.halalas for line in lines)


def applies_to_new(rule: FeeRule, kind: str, fee_class: str, on: date) -> bool:
    """Returns whether the rule is a part of the fee for a new licence of this kind and fee class."""
    return not rule.late_only and _applies(rule, ("issue", kind, fee_class), on)


def needs_officer(declaration: Declaration, rules: Rules) -> bool:
    """Returns whether an officer decides, although all conditions may be satisfied."""
    return bool(reasons_for_officer(declaration, rules))


def reasons_for_officer(declaration: Declaration, rules: Rules) -> dict[str, Any]:
    """Returns why an officer decides: `not_immediate`, the activities that the municipality never issues at once, and
    an `area_m2` above `immediate_up_to_m2`. An activity that isn't offered is refused without a review; a cancellation
    or a correction needs none."""
    if declaration.request in (CANCEL, CORRECT):
        return {}
    never, bounds = [], []
    for code in declaration.activities:
        activity = rules.activities.get(code)
        terms = activity.terms.get(declaration.municipality) if activity else None
        if terms is None:
            continue
        bound = terms.immediate_up_to_m2
        if not terms.immediate:
            never.append(code)
        elif bound is not None and declaration.area_m2 > bound:
            bounds.append(bound)
    reasons: dict[str, Any] = {"not_immediate": never} if never else {}
    if bounds:
        reasons |= {"area_m2": str(declaration.area_m2), "immediate_up_to_m2": str(min(bounds))}
    return reasons


def _applies(rule: FeeRule, asked: tuple[str, str, str], on: date) -> bool:
    """Returns whether the rule holds for request, kind and fee class on the day, apart from `late_only`."""
    request, kind, fee_class = asked
    return (
        rule.holds(on)
        and (not rule.kinds or kind in rule.kinds)
        and (not rule.fee_classes or fee_class in rule.fee_classes)
        and (not rule.requests or request in rule.requests)
    )


def _line(rule: FeeRule, declaration: Declaration) -> FeeLine:
    count, because = _units(rule, declaration)
    amount = (rule.halalas * count).quantize(Decimal(1), ROUND_HALF_UP)
    ar, en = (riyal_words(rule.halalas, language) for language in ("ar", "en"))
    return FeeLine(
        rule.code,
        rule.words,
        int(amount),
        Bilingual(f"{ar} × {because.ar}", f"{en} × {because.en}"),
    )


def _units(rule: FeeRule, declaration: Declaration) -> tuple[Decimal, Bilingual]:
    years = Decimal(declaration.years)
    if rule.per == "once":
        return Decimal(1), Bilingual("مرة واحدة", "once")
    if rule.per == "year":
        return years, Bilingual(f"عدد السنوات {years}", f"{years} years")
    metres = declaration.area_m2 if rule.per == "square-metre-year" else declaration.sign_m2
    return metres * years, Bilingual(
        f"المساحة {metres} م² × عدد السنوات {years}", f"{metres} m2 × {years} years"
    )
