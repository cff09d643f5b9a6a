"""The site of a permit: how boundaries, setbacks and the survey decision are read, and what's odd about them."""

from datetime import date
from typing import Any

import pytest

from permits.domain.application import parse_clearances
from permits.domain.corrections import changes
from permits.domain.fields import text_of, title_of
from permits.domain.land import corrected_site, parse_site, warn_of_decision
from permits.domain.plausibility_warnings import needed_setback, site_warnings
from permits.domain.reading import Findings

LAND = {"area_m2": 540.0}
TODAY = date(2026, 11, 24)


def side(length: float | None = None, **more: Any) -> dict[str, Any]:
    empty = {"description": None, "length_m": length, "street_width_m": None, "setback_m": None}
    return {**empty, **more}


def kept(**parts: Any) -> dict[str, Any]:
    """A site as it's kept: 27 by 20 metres, on a street of twenty in the north."""
    boundaries = {
        "north": side(27, street_width_m=20, setback_m=4),
        "south": side(27, setback_m=2),
        "east": side(20, setback_m=2),
        "west": side(20, setback_m=2),
        **parts.pop("boundaries", {}),
    }
    rest = dict.fromkeys(("area_by_nature_m2", "use_symbol", "survey_decision"))
    return {"boundaries": boundaries, "front": "north", "corner_cuts": [], **rest, **parts}


def odd(use_class: str = "residential", **parts: Any) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in site_warnings(kept(**parts), LAND, use_class)]


def faults(**site: Any) -> list[tuple[str, str]]:
    findings = Findings()
    parse_site(site, findings)
    return [(one.field, one.code) for one in findings.faults]


def test_a_usual_site_has_nothing_odd() -> None:
    assert odd() == []
    assert site_warnings(None, LAND, "residential") == []


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({"area_by_nature_m2": 500.0}, ("site.area_by_nature_m2", "areas-differ")),
        (
            {"boundaries": {"south": side(27, setback_m=16)}},
            ("site.boundaries.north.setback_m", "setbacks-fill-land"),
        ),
        (
            {"boundaries": {"north": side(27, street_width_m=20, setback_m=3.9)}},
            ("site.boundaries.north.setback_m", "setback-small"),
        ),
        (
            {"boundaries": {"west": side(20, setback_m=0)}},
            ("site.boundaries.west.setback_m", "setback-small"),
        ),
    ],
)
def test_what_is_odd_about_a_site_is_told(parts: Any, found: tuple[str, str]) -> None:
    assert found in odd(**parts)


def test_a_front_that_is_no_recorded_side_is_told() -> None:
    assert odd(front="west", boundaries={"west": None}) == [("site.front", "front-without-side")]
    assert odd(front=None) == []


def test_sides_that_nobody_knows_are_compared_with_nothing() -> None:
    assert odd(boundaries={"west": None, "east": side(setback_m=2)}) == []


def test_setbacks_of_houses_are_asked_of_houses_only() -> None:
    assert odd("industrial", boundaries={"west": side(20, setback_m=0)}) == []


@pytest.mark.parametrize(
    ("street", "front", "metres"),
    [(None, True, 3), (None, False, 1.5), (12, True, 3), (12, False, 2.4), (8, False, 2)]
    + [(20, True, 4), (30, True, 6), (25, True, 5), (40, True, 8), (40, False, 8)],
)
def test_a_setback_is_a_fifth_of_the_street_and_no_less_than_the_least(
    street: float | None, front: bool, metres: float
) -> None:
    assert needed_setback(street, front=front) == metres


def test_sizes_and_corners_that_cannot_be_are_refused_by_their_path() -> None:
    assert faults(boundaries={"north": {"length_m": 0}, "east": {"setback_m": -1}}) == [
        ("site.boundaries.north.length_m", "positive"),
        ("site.boundaries.east.setback_m", "positive"),
    ]
    cut = {"corner": "north_east", "length_m": 3}
    assert faults(corner_cuts=[cut, cut]) == [("site.corner_cuts.1.corner", "repeated")]
    assert faults(survey_decision={"number": " "}) == [("site.survey_decision.number", "required")]


def test_a_building_may_stand_on_the_boundary() -> None:
    assert faults(boundaries={"north": {"setback_m": 0}}) == []


@pytest.mark.parametrize(
    ("decided_on", "found"),
    [
        (date(2023, 11, 24), []),
        (date(2023, 11, 23), ["decision-expired"]),
        (date(2026, 11, 25), ["decision-in-future"]),
        (date(9999, 12, 31), ["decision-in-future"]),
        (None, []),
    ],
)
def test_a_survey_decision_holds_three_years(decided_on: date | None, found: list[str]) -> None:
    findings = Findings()
    decision = {"number": "1447/2210", "decided_on": decided_on}
    warn_of_decision(parse_site({"survey_decision": decision}, findings), TODAY, findings)

    assert [one.code for one in findings.warnings] == found
    if found == ["decision-expired"]:
        days = {"decided_on": "2023-11-23", "valid_until": "2026-11-23"}
        assert findings.warnings[0].params == days


def test_a_correction_of_one_side_leaves_the_others() -> None:
    before = kept()

    after = corrected_site(before, {"boundaries": {"north": {"length_m": 26}}})

    assert after["boundaries"]["north"] == {**before["boundaries"]["north"], "length_m": 26}
    assert after["boundaries"]["south"] == before["boundaries"]["south"]
    assert after["front"] == "north"


def test_a_side_and_a_field_of_it_that_are_null_are_taken_back() -> None:
    before = kept()
    wanted = {"north": {"street_width_m": None}, "south": None}

    after = corrected_site(before, {"boundaries": wanted})

    assert after["boundaries"]["north"] == {**before["boundaries"]["north"], "street_width_m": None}
    assert after["boundaries"]["south"] is None


def test_a_side_that_was_not_known_is_added_by_a_correction() -> None:
    after = corrected_site(
        {"boundaries": {"north": None}}, {"boundaries": {"north": {"setback_m": 2}}}
    )

    assert after["boundaries"]["north"] == {"setback_m": 2}


def test_the_history_tells_each_field_in_arabic() -> None:
    before = {"site": None, "clearances": None}
    given = {"insurance_policy_number": "M-1", "civil_defence": None}

    found = changes(before, {"site": kept(corner_cuts=[]), "clearances": given})

    assert found["site.boundaries.north.setback_m"] == [None, 4]
    assert found["clearances.insurance_policy_number"] == [None, "M-1"]
    assert "site.corner_cuts" not in found
    assert all(title_of(path)[0] != path for path in found)
    assert title_of("site.boundaries.north.setback_m") == ("الارتداد الشمالي", "Northern setback")
    assert text_of("site.front", "north") == "شمال"
    assert text_of("site.corner_cuts", [{"corner": "north_east", "length_m": 3}]) == "شمال شرق 3"


def test_an_approval_of_civil_defence_has_a_number() -> None:
    findings = Findings()
    parse_clearances({"civil_defence": {"number": " "}}, findings)

    assert [one.field for one in findings.faults] == ["clearances.civil_defence.number"]


@pytest.mark.parametrize(
    "site", [{"front": None}, {"boundaries": {"north": {"description": " "}}}, {"corner_cuts": []}]
)
def test_a_site_of_which_nothing_is_told_is_none(site: dict[str, Any]) -> None:
    assert parse_site(site, Findings()) is None


def test_a_side_of_which_nothing_is_told_is_none() -> None:
    told = {"use_symbol": "س1", "boundaries": {"north": {"length_m": None}, "south": side(27)}}

    site = parse_site(told, Findings())

    assert site is not None
    assert site.boundaries["north"] is None
    assert site.boundaries["south"] is not None


def test_clearances_of_which_nothing_is_told_are_none() -> None:
    assert parse_clearances({"civil_defence": None}, Findings()) is None
