"""The version of the rules that the service brings along, and what a version has to be."""

from copy import deepcopy
from datetime import date
from typing import Any

from licences.catalogue import first_rules, municipalities
from licences.domain.applications import number_text
from licences.domain.rules import Rules, activity_event_name, activity_state
from saudi.branches import DIGITS

RULES = Rules.read(first_rules())


def changed(**parts: Any) -> dict[str, Any]:
    return {**deepcopy(dict(first_rules())), **parts}


def test_some_forty_activities_have_codes_of_six_digits_and_names_in_both_languages() -> None:
    assert len(RULES.activities) >= 40
    for activity in RULES.activities.values():
        assert len(activity.code) == 6
        assert activity.code.isdigit()
        assert activity.words.ar
        assert activity.words.en.isascii()


def test_an_activity_s_terms_differ_by_municipality() -> None:
    fast_food, workshop = RULES.activities["561031"], RULES.activities["452010"]

    assert fast_food.terms["saihat"].immediate
    assert not fast_food.terms["tarout"].immediate
    assert "central-qatif" not in workshop.terms


def test_the_municipalities_are_those_of_the_places() -> None:
    assert {name for one in RULES.activities.values() for name in one.terms} == set(
        municipalities()
    )
    assert set(DIGITS) == set(municipalities())
    assert len(set(DIGITS.values())) == len(DIGITS)


def test_an_activity_is_offered_from_its_first_day_to_its_last() -> None:
    laundry = {**next(a for a in first_rules()["activities"] if a["code"] == "960111")}
    rules = Rules.read(
        changed(
            activities=[{**laundry, "in_force_from": "2026-02-01", "in_force_until": "2026-03-31"}]
        )
    )
    offered = rules.activities["960111"].is_offered

    assert [offered(date(2026, m, d)) for m, d in ((1, 31), (2, 1), (3, 31), (4, 1))] == [
        *(False, True, True, False),
    ]


def test_a_number_tells_year_municipality_and_place_in_its_series() -> None:
    assert number_text("licence", "saihat", 1448, 17) == "144804000017"
    assert number_text("application", "saihat", 1448, 123) == "1448040000123"


def test_what_happened_to_an_activity_is_told_once() -> None:
    laundry = RULES.activities["960111"]
    state = activity_state(laundry, RULES)

    assert activity_event_name(None, state) == "published"
    assert activity_event_name(state, {**state, "rules": "2027.1"}) is None
    assert activity_event_name(state, {**state, "en": "Laundry"}) == "changed"
    assert activity_event_name(state, {**state, "in_force_until": "2026-12-31"}) == "ended"
