"""What a version of the rules has to be, beyond its form."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from licences.catalogue import first_rules, municipalities
from licences.domain.rule_documents import rule_faults

LAUNDRY = next(
    place for place, one in enumerate(first_rules()["activities"]) if one["code"] == "960111"
)
FEES = len(first_rules()["fees"])


def faults(change: Any, after: date | None = None) -> list[tuple[str, str]]:
    document = deepcopy(dict(first_rules()))
    change(document)
    found = rule_faults(document, municipalities=municipalities(), after=after)
    return [(one.field, one.code) for one in found]


def test_the_rules_that_the_service_brings_along_have_no_fault() -> None:
    assert faults(lambda _: None) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda d: d["on_false"].pop("owner-age"), ("conditions.always.1", "rule-condition-open")),
        (lambda d: d["on_false"].update(x="wait"), ("on_false.x", "rule-condition-unknown")),
        (lambda d: d["conditions"]["shop"].append("x"), ("conditions.shop.2", "rule-condition-unknown")),
        (lambda d: d["municipalities"].append("x"), ("municipalities.10", "municipality-unknown")),
        (lambda d: d["fees"][0].update(until="2025-12-31"), ("fees.0.until", "before-start")),
        (lambda d: d["fees"].append(d["fees"][0]), (f"fees.{FEES}.since", "rule-fee-twice")),
        (
            lambda d: d["fees"].append({**d["fees"][0], "since": "2027-01-01"}),
            (f"fees.{FEES}.since", "rule-fee-twice"),
        ),
        (
            lambda d: d["activities"][LAUNDRY].update(fee_class="smal"),
            (f"activities.{LAUNDRY}.fee_class", "rule-fee-class-unknown"),
        ),
        (
            lambda d: d["activities"][LAUNDRY].update(municipalities={"x": None}),
            (f"activities.{LAUNDRY}.municipalities.x", "municipality-unknown"),
        ),
        (
            lambda d: d["activities"][LAUNDRY].update(in_force_from="2026-03-01", in_force_until="2026-02-01"),
            (f"activities.{LAUNDRY}.in_force_until", "before-start"),
        ),
    ],
)  # fmt: skip
def test_a_fault_is_named_at_its_place(change: Any, fault: tuple[str, str]) -> None:
    assert faults(change) == [fault]


def test_a_fee_has_a_row_for_each_of_its_periods() -> None:
    def change(document: Any) -> None:
        document["fees"].append({**document["fees"][0], "since": "2027-01-01"})
        document["fees"][0]["until"] = "2026-12-31"

    assert faults(change) == []


def test_all_faults_are_named_at_once() -> None:
    def change(document: Any) -> None:
        document["activities"].append(document["activities"][0])
        document["municipalities"].append("x")

    place = len(first_rules()["activities"])
    assert faults(change) == [
        ("municipalities.10", "municipality-unknown"),
        (f"activities.{place}.code", "duplicated"),
    ]


def test_a_proposal_begins_after_today() -> None:
    today = date(2026, 1, 1)

    assert faults(lambda _: None, after=today) == [("effective_from", "rule-first-day")]
    assert faults(lambda d: d.update(effective_from="2026-01-02"), after=today) == []
    assert faults(lambda d: d.update(effective_from="2028-01-01"), after=today) == []


@pytest.mark.parametrize("first_day", ["2028-01-02", "9999-12-31"])
def test_a_proposal_begins_within_two_years(first_day: str) -> None:
    found = faults(lambda d: d.update(effective_from=first_day), after=date(2026, 1, 1))

    assert found == [("effective_from", "rule-first-day-far")]
