"""The table of violations, and what a violation costs by it."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from chassis.core import contracts
from chassis.core.refusals import InvalidFields
from licences.domain.fines import SIZES, Fine, Table

DOCUMENT = contracts.read("reference/violations.yaml")
TABLE = Table.read(DOCUMENT)
TODAY = date(2026, 11, 25)
MUNICIPALITIES = [one["code"] for one in contracts.read("reference/places.yaml")["municipalities"]]


def fine(code: str, size: str | None, repetition: int = 1, municipality: str = "qatif") -> Fine:
    return TABLE.fine(
        TABLE.item(code, TODAY),
        municipality=municipality,
        size=size,
        repetition=repetition,
        on=TODAY,
    )


@pytest.mark.parametrize("municipality", MUNICIPALITIES)
def test_each_municipality_has_a_class(municipality: str) -> None:
    assert TABLE.class_of(municipality, TODAY) in range(1, 6)


def test_each_group_has_an_item() -> None:
    assert {one.group for one in TABLE.items.values()} == set(TABLE.groups)
    assert len(TABLE.groups) == 9


@pytest.mark.parametrize("code", TABLE.items)
def test_a_higher_class_never_costs_less(code: str) -> None:
    for _, amounts in TABLE.items[code].tariffs:
        assert list(amounts) == sorted(amounts, reverse=True)


@pytest.mark.parametrize(
    ("code", "most", "least"),
    [("1001", 50_000, 10_000), ("2001", 50_000, 10_000), ("2002", 10_000, 2_000)],
)
def test_items_of_known_cost_stand_within_the_ministrys_range(
    code: str, most: int, least: int
) -> None:
    [(_, amounts)] = TABLE.items[code].tariffs

    assert (amounts[0], amounts[-1]) == (most * 100, least * 100)


def test_the_size_of_the_establishment_counts_in_quarters() -> None:
    whole = fine("5001", "large").amount

    assert [fine("5001", size).amount * 4 for size in SIZES] == [
        whole,
        whole * 2,
        whole * 3,
        whole * 4,
    ]
    assert fine("5001", None).amount == whole


def test_a_repetition_costs_twice_and_no_more_than_that() -> None:
    once = fine("5001", "micro").amount

    assert [fine("5001", "micro", n).amount for n in (1, 2, 3, 9)] == [once] + [once * 2] * 3


def test_the_class_of_the_municipality_counts() -> None:
    assert fine("5001", "large", municipality="qatif").amount == 80_000
    assert fine("5001", "large", municipality="umm-al-hamam").amount == 20_000


def test_no_fine_passes_its_cap() -> None:
    dear = deepcopy(DOCUMENT)
    for one in dear["items"]:
        one["tariffs"] = [{"since": "2023-06-15", "riyals": [900_000] * 5}]
    table = Table.read(dear)

    def most(code: str) -> Fine:
        item = table.items[code]
        return table.fine(item, municipality="qatif", size="large", repetition=2, on=TODAY)

    assert most("5001").amount == 500_000_00
    assert most("1001").amount == 1_000_000_00
    assert "الحد الأعلى" in most("5001").because().ar


def test_a_tariff_holds_from_its_day_on() -> None:
    changed = deepcopy(DOCUMENT)
    item = next(one for one in changed["items"] if one["code"] == "5001")
    item["tariffs"].append({"since": "2026-12-01", "riyals": [5, 4, 3, 2, 1]})
    table = Table.read(changed)

    def amount(on: date) -> int:
        item = table.item("5001", on)
        return table.fine(item, municipality="qatif", size="large", repetition=1, on=on).amount

    assert amount(date(2026, 11, 30)) == 80_000
    assert amount(date(2026, 12, 1)) == 400


def test_a_sentence_says_how_the_amount_came_about() -> None:
    because = fine("5001", "micro", 2).because()

    assert because.ar == (
        "الأساس 800.00 ريال لبلدية من الفئة 2، منشأة متناهية الصغر كما رآها المفتش 25%، تكرار للمرة 2 ×2"
    )
    assert because.en == (
        "base SAR 800.00 in a municipality of class 2, micro establishment as the inspector saw it 25%, "
        "repeated, time 2, ×2"
    )
    assert fine("5001", "micro").reduced(50).because().en.endswith("reduced by decision to 50%")


def test_a_decision_leaves_a_share_of_the_capped_amount() -> None:
    whole = fine("5001", "large")

    assert whole.reduced(50).amount * 2 == whole.amount


@pytest.mark.parametrize("code", ["0000", "9999", ""])
def test_an_item_that_isnt_in_the_table_is_refused(code: str) -> None:
    with pytest.raises(InvalidFields):
        TABLE.item(code, TODAY)


def test_an_item_costs_nothing_before_its_first_tariff() -> None:
    with pytest.raises(InvalidFields):
        TABLE.item("5001", date(2020, 1, 1))


def broken(**changes: Any) -> dict[str, Any]:
    document = deepcopy(DOCUMENT)
    document["items"][0].update(changes)
    return document


@pytest.mark.parametrize(
    "document",
    [
        broken(code="1002"),
        broken(code="0001"),
        broken(tariffs=[{"since": "2023-06-15", "riyals": [1, 2]}]),
    ],
)
def test_a_table_that_contradicts_itself_isnt_read(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="item"):
        Table.read(document)


def fines_of(code: str, municipality: str) -> list[int]:
    return [
        fine(code, size, repetition, municipality).amount
        for size in (*SIZES, None)
        for repetition in (1, 2, 5)
    ]


@pytest.mark.parametrize("municipality", MUNICIPALITIES)
def test_the_span_in_a_municipality_is_its_least_and_its_greatest_fine(municipality: str) -> None:
    for code, span in TABLE.spans([municipality], TODAY).items():
        fines = fines_of(code, municipality)

        assert span == (min(fines), max(fines))


def test_the_span_in_all_municipalities_holds_the_fines_of_each_class() -> None:
    for code, span in TABLE.spans(MUNICIPALITIES, TODAY).items():
        fines = [one for municipality in MUNICIPALITIES for one in fines_of(code, municipality)]

        assert span == (min(fines), max(fines))
