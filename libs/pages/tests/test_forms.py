"""A service's refusal becomes an error summary that leads to the inputs of the form."""

from pages.forms import faults_of_problem

FIELDS = {"civil_id": "owner_number", "issued_from": "issued_from"}


def test_each_named_field_leads_to_its_input():
    problem = {"errors": [{"field": "civil_id", "detail": "a"}, {"field": "other", "detail": "b"}]}

    faults = faults_of_problem(problem, FIELDS)

    assert [(one.field, one.text) for one in faults.all] == [("owner_number", "a"), ("", "b")]
    assert faults.of("owner_number") == "a"


def test_a_problem_without_fields_stands_in_the_summary_without_a_link():
    faults = faults_of_problem({"title": "no", "detail": "not granted"}, FIELDS)

    assert [(one.field, one.text) for one in faults.all] == [("", "not granted")]
