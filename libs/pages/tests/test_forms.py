"""A service's refusal becomes an error summary that leads to the inputs of the form."""

import pytest

from pages.forms import by_field, place_faults

INPUTS = by_field({"civil_id": "owner_number", "issued_from": "issued_from"})


def test_each_named_field_leads_to_its_input():
    problem = {"errors": [{"field": "civil_id", "detail": "a"}, {"field": "other", "detail": "b"}]}

    faults = place_faults(problem, INPUTS)

    assert [(one.field, one.text) for one in faults.all] == [("owner_number", "a"), ("", "b")]
    assert faults.of("owner_number") == "a"


def test_a_problem_without_fields_stands_in_the_summary_without_a_link():
    faults = place_faults({"title": "no", "detail": "not granted"}, INPUTS)

    assert [(one.field, one.text) for one in faults.all] == [("", "not granted")]


@pytest.mark.parametrize(
    ("field", "found"),
    [("note", "note"), ("reason.ar", "reason"), ("reason", "reason"), ("other", "")],
)
def test_names_stand_for_themselves_and_for_what_lies_within_them(field, found):
    assert by_field(("note", "reason"))(field) == found


def test_a_field_within_an_object_may_have_an_input_of_its_own():
    input_of = by_field({"place": "place", "place.town": "town"})

    assert [input_of(one) for one in ("place.town", "place.plot")] == ["town", "place"]
