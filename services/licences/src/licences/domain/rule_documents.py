"""What a version of the rules has to be, beyond the form of its parts: names that are known, days in their order."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from chassis.core.refusals import Fault
from licences.domain.conditions import CONDITIONS
from licences.domain.rule_days import many_days_faults, open_days_faults, past_row_faults
from saudi.days import add_years

_MOST_YEARS_AHEAD = 2  # as the words of `rule-first-day-far` say
NO_FEE = "none"  # the fee class of what costs nothing
Document = Mapping[str, Any]


def rule_faults(
    document: Document,
    *,
    municipalities: Collection[str],
    after: date | None = None,
    before: Document | None = None,
) -> list[Fault]:
    """Returns the faults of a document whose form is good, each with its place, such as `fees.0.until`. `after`: the
    first day of a proposal comes after this day, and at most two years later. `before`: the version that the document
    replaces; without one the document may have rows and days of any kind."""
    return [
        *_first_day_faults(document, after),
        *_municipality_faults(document, municipalities),
        *_condition_faults(document),
        *_fee_faults(document["fees"]),
        *_activity_faults(document),
        *(many_days_faults(document) if after is not None else ()),
        *succession_faults(document, before),
    ]


def succession_faults(document: Document, before: Document | None) -> list[Fault]:
    """Returns the faults of rows and days beside the version `before`, which the document replaces."""
    if before is None:
        return []
    return [*past_row_faults(document, before), *open_days_faults(document, before)]


def _first_day_faults(document: Document, after: date | None) -> Iterator[Fault]:
    if after is None:
        return
    first_day = date.fromisoformat(document["effective_from"])
    if first_day <= after:
        yield Fault("effective_from", "rule-first-day")
    elif first_day > add_years(after, _MOST_YEARS_AHEAD):
        yield Fault("effective_from", "rule-first-day-far")


def _municipality_faults(document: Document, known: Collection[str]) -> Iterator[Fault]:
    for place, code in enumerate(document["municipalities"]):
        if code not in known:
            yield Fault(f"municipalities.{place}", "municipality-unknown")


def _condition_faults(document: Document) -> Iterator[Fault]:
    """Looks at each name of a condition: in the groups, in what activities need, and in `on_false`."""
    for code in document["on_false"]:
        if code not in CONDITIONS:
            yield Fault(f"on_false.{code}", "rule-condition-unknown")
    for path, codes in _named_conditions(document):
        for place, code in enumerate(codes):
            if code not in CONDITIONS:
                yield Fault(f"{path}.{place}", "rule-condition-unknown")
            elif code not in document["on_false"]:
                yield Fault(f"{path}.{place}", "rule-condition-open")


def _named_conditions(document: Document) -> Iterator[tuple[str, Sequence[str]]]:
    for group, codes in document["conditions"].items():
        yield f"conditions.{group}", codes
    for place, activity in enumerate(document["activities"]):
        yield f"activities.{place}.needs", activity.get("needs", ())


def _fee_faults(fees: Sequence[Document]) -> Iterator[Fault]:
    for place, fee in enumerate(fees):
        if _ends_before(fee["since"], fee.get("until")):
            yield Fault(f"fees.{place}.until", "before-start")
        elif any(_is_billed_with(fee, earlier) for earlier in fees[:place]):
            yield Fault(f"fees.{place}.since", "rule-fee-twice")


def _is_billed_with(fee: Document, other: Document) -> bool:
    """Returns whether two rows of one fee hold on the same day: each application would be billed both."""
    return (
        fee["code"] == other["code"]
        and not _ends_before(fee["since"], other.get("until"))
        and not _ends_before(other["since"], fee.get("until"))
    )


def _activity_faults(document: Document) -> Iterator[Fault]:
    classes = {NO_FEE, *(name for fee in document["fees"] for name in fee.get("fee_classes", ()))}
    is_for_all = any(not fee.get("fee_classes") for fee in document["fees"])
    seen: set[str] = set()
    for place, activity in enumerate(document["activities"]):
        path = f"activities.{place}"
        if activity["code"] in seen:
            yield Fault(f"{path}.code", "duplicated")
        seen.add(activity["code"])
        if not is_for_all and activity["fee_class"] not in classes:
            yield Fault(f"{path}.fee_class", "rule-fee-class-unknown")
        if _ends_before(activity.get("in_force_from"), activity.get("in_force_until")):
            yield Fault(f"{path}.in_force_until", "before-start")
        for code in activity.get("municipalities", {}):
            if code not in document["municipalities"]:
                yield Fault(f"{path}.municipalities.{code}", "municipality-unknown")


def _ends_before(first: str | None, last: str | None) -> bool:
    return first is not None and last is not None and last < first
