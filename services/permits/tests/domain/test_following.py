"""Permits that follow one another: the same land and owners, the same insulation, the same last day."""

from datetime import date
from typing import Any

import pytest

from permits.domain.permits import Kind
from permits.domain.reading import Findings
from permits.domain.succession import Before, check_following, expiry_of, keeps_insulation

House = Any


def asked(house: House, **changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = house(**changes)
    return data


def built(permit: dict[str, Any]) -> Before:
    return Before("new", permit["land"], permit["building"], tuple(permit["owners"]))


def refused(house: House, kind: str, **changes: Any) -> list[tuple[str, str]]:
    """The faults of a request that follows the permit of the house."""
    before = built(asked(house))
    findings = Findings()
    check_following(Kind(kind), before, asked(house, **changes), findings)
    return [(fault.field, fault.code) for fault in findings.faults]


OTHER_OWNER = [
    {"name": "ثان (بيانات تجريبية)", "id_type": "national_id", "id_number": "1000000016"}
]


@pytest.mark.parametrize("kind", ["renewal", "ownership_transfer"])
def test_the_same_house_is_followed_in_whichever_spelling(house: House, kind: str) -> None:
    assert refused(house, kind, land__plan_number="713/7", land__district="خزامى") == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"land__plan_number": "352/3"}, "land.plan_number"),
        ({"land__plots": ["999"]}, "land.plots"),
        ({"land__district": "سنابس"}, "land.district"),
        ({"building__floors": 3}, "building.floors"),
        ({"building__built_area_m2": 1500}, "building.built_area_m2"),
    ],
)
@pytest.mark.parametrize("kind", ["renewal", "ownership_transfer"])
def test_another_land_or_a_larger_building_is_another_kind_of_request(
    house: House, kind: str, change: dict[str, Any], field: str
) -> None:
    assert refused(house, kind, **change) == [(field, f"other-{field.partition('.')[0]}")]


def test_other_owners_ask_for_a_transfer_and_not_for_a_renewal(house: House) -> None:
    assert refused(house, "renewal", owners=OTHER_OWNER) == [("owners", "other-owners")]
    assert refused(house, "ownership_transfer", owners=OTHER_OWNER) == []


def test_a_corrected_area_of_the_plot_hinders_no_renewal(house: House) -> None:
    assert refused(house, "renewal", land__area_m2=541) == []


@pytest.mark.parametrize(
    ("state", "faults"),
    [
        ("not_started", []),
        ("under_construction", []),
        (None, [("construction_state", "required")]),
        ("existing_building", [("construction_state", "construction-finished")]),
    ],
)
def test_a_renewal_says_how_far_construction_is(
    house: House, state: str | None, faults: list[tuple[str, str]]
) -> None:
    assert refused(house, "renewal", construction_state=state) == faults
    assert refused(house, "ownership_transfer", construction_state=state) == []


@pytest.mark.parametrize("kind", ["addition", "correction", "restoration", "demolition"])
def test_other_kinds_may_change_what_they_like(house: House, kind: str) -> None:
    assert refused(house, kind, owners=OTHER_OWNER, building__floors=3) == []


@pytest.mark.parametrize(
    ("kind", "floors", "keeps"),
    [
        ("renewal", 1, True),
        ("ownership_transfer", 1, True),
        ("addition", 1, True),
        ("addition", 2, False),
        ("correction", 1, True),
        ("correction", 2, False),
        ("restoration", 1, False),
        ("new", 1, False),
    ],
)
def test_insulation_goes_along_unless_something_is_added(
    house: House, kind: str, floors: int, keeps: bool
) -> None:
    before, after = built(house()), built(house(building__floors=floors))

    assert keeps_insulation(Kind(kind), before, after) == keeps


def test_insulation_does_not_go_to_another_land(house: House) -> None:
    before = built(house())

    assert keeps_insulation(Kind.ADDITION, before, built(house(land__district="خزامى")))
    assert not keeps_insulation(Kind.ADDITION, before, built(house(land__plots=["999"])))


def test_a_new_part_of_the_building_is_an_addition_and_a_wall_around_it_is_none(
    house: House,
) -> None:
    before = built(house())
    annex = {"component": "ملحق أرضي", "units": 0, "area_m2": 20}
    tank = {"component": "خزان", "units": 0, "area_m2": 0}

    components = before.building["components"]
    with_annex = built(house(building__components=[*components, annex]))
    with_tank = built(house(building__components=[*components, tank]))

    assert not keeps_insulation(Kind.ADDITION, before, with_annex)
    assert keeps_insulation(Kind.ADDITION, before, with_tank)


@pytest.mark.parametrize(
    ("parts", "keeps"),
    [
        ([("أرضي", 1, 310.25), ("ملحق", 1, 40)], True),
        ([("ملحق", 1, 40), ("الأرضي", 1, 310.25)], True),
        ([("أرضي", 1, 300), ("ملحق", 1, 40)], True),
        ([("أرضي", 1, 310.26), ("ملحق", 1, 39.99)], False),
        ([("أرضي", 1, 310.25), ("أرضي", 0, 10), ("ملحق", 1, 30)], False),
        ([("أرضي", 1, 200.05), ("أرضي", 0, 110.2), ("ملحق", 1, 40)], True),
        ([("أرضي", 0, 310.25), ("ملحق", 2, 40)], False),
        ([("أرضي", 1, 310.25), ("ملحق", 1, 40), ("سور", 0, 25)], False),
    ],
)
def test_a_part_that_grew_under_the_same_name_is_an_addition(
    house: House, parts: list[tuple[str, int, float]], keeps: bool
) -> None:
    names = ("component", "units", "area_m2")

    def of(parts: list[tuple[str, int, float]]) -> Before:
        components = [dict(zip(names, part, strict=True)) for part in parts]
        return built(house(building__components=components))

    before, after = of([("أرضي", 1, 310.25), ("ملحق", 1, 40)]), of(parts)

    assert keeps_insulation(Kind.ADDITION, before, after) is keeps
    assert keeps_insulation(Kind.RENEWAL, before, after) is keeps


@pytest.mark.parametrize(
    ("before", "after", "keeps"), [(7, 7, True), (7, 7.5, False), (7, 6, True), (None, 9, True)]
)
def test_higher_walls_are_an_addition(
    house: House, before: float | None, after: float, keeps: bool
) -> None:
    low, high = (built(house(building__height_m=height)) for height in (before, after))

    assert keeps_insulation(Kind.ADDITION, low, high) is keeps


def test_a_sale_does_not_prolong_a_permit() -> None:
    issued, before = date(2026, 11, 24), date(2028, 3, 10)

    assert expiry_of(Kind.OWNERSHIP_TRANSFER, issued, 3, before) == before
    assert expiry_of(Kind.RENEWAL, issued, 3, before) == date(2029, 11, 24)
    assert expiry_of(Kind.NEW, issued, 3, None) == date(2029, 11, 24)
