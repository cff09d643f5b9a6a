"""The rules of the desk: the service time beside a report, the inbox's address, the forms of actions."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.core import contracts
from portal.domain import report_inbox
from portal.domain.desk_actions import version_of
from portal.domain.report_actions import ACTIONS, body_of, read_action
from portal.domain.service_time import ServiceTime, service_time_of

# 23:30 in Riyadh, where the day is half an hour from its end.
NOW = datetime(2026, 11, 29, 20, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def standing(due, status="assigned"):
    due_at = due.isoformat() if due else None
    return service_time_of({"status": status, "due_at": due_at}, NOW)


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (NOW - SECOND, ServiceTime.OVERDUE),
        (NOW, ServiceTime.DUE_TODAY),
        (datetime(2026, 11, 29, 20, 59, 59, tzinfo=UTC), ServiceTime.DUE_TODAY),
        (datetime(2026, 11, 29, 21, 0, tzinfo=UTC), ServiceTime.ON_TIME),
        (NOW + timedelta(days=30), ServiceTime.ON_TIME),
        (None, ServiceTime.PAUSED),
    ],
)
def test_a_report_is_on_time_due_today_or_overdue_by_the_day_of_riyadh(due, expected):
    assert standing(due) is expected


@pytest.mark.parametrize("status", ["resolved", "closed", "rejected", "duplicate"])
def test_a_report_that_was_treated_or_has_ended_owes_nothing(status):
    assert standing(NOW - timedelta(days=9), status) is None


def test_the_chip_agrees_with_the_services_own_filter_in_every_open_status():
    statuses = contracts.openapi("reports")["components"]["schemas"]["Status"]["enum"]
    settled = {"resolved", "closed", "rejected", "duplicate"}

    overdue = {one for one in statuses if standing(NOW - SECOND, one) is ServiceTime.OVERDUE}

    assert overdue == set(statuses) - settled


def test_every_view_and_filter_is_a_parameter_of_the_service():
    listed = contracts.openapi("reports")["paths"]["/v1/reports"]["get"]["parameters"]
    known = {one.get("name", one.get("$ref", "").rpartition("/")[2].lower()) for one in listed}

    asked = {name for view in report_inbox.VIEWS.values() for name in view}

    assert asked | set(report_inbox.INPUTS) - {report_inbox.PLACE} <= known


def test_an_unknown_view_is_the_first_one():
    assert report_inbox.view_of({"view": "secret"}) == report_inbox.FIRST_VIEW
    assert report_inbox.view_of({"view": "overdue"}) == "overdue"


PLACES = {"سيهات", "سيهات|النسيم"}


@pytest.mark.parametrize("typed", ["0500000001", "1000000016", "علي", "+966500000001", "a b"])
def test_no_number_and_no_name_of_a_person_is_a_filter(typed):
    assert report_inbox.filters_of(dict.fromkeys(report_inbox.FILTERS, typed), PLACES) == {}


def test_a_place_is_asked_as_town_and_district_and_the_last_day_is_within_the_days():
    typed = {"place": "سيهات|النسيم", "filed_from": "١٤٤٨/٠٦/٠١", "filed_to": "1448/06/14"}

    query = report_inbox.inbox_query("all", report_inbox.filters_of(typed, PLACES))

    assert (query["town"], query["district"]) == ("سيهات", "النسيم")
    assert (query["filed_from"], query["filed_to"]) == ("1448/06/01", "2026-11-25")
    assert "place" not in query


def test_what_is_no_day_goes_to_the_service_as_it_was_typed():
    query = report_inbox.inbox_query(
        "all", report_inbox.filters_of({"filed_to": "1448/13/40"}, PLACES)
    )

    assert query["filed_to"] == "1448/13/40"


@pytest.mark.parametrize("typed", ["1448104233", "١٤٤٨١٠٤٢٣٣", " 1448-104233 ", "1450 000 001"])
def test_a_report_is_found_by_its_number_in_any_digits(typed):
    assert len(report_inbox.report_number(typed) or "") == 10


@pytest.mark.parametrize("typed", ["1000000016", "0500000001", "144810", "14481042331234", "x", ""])
def test_the_number_of_a_person_is_no_number_of_a_report(typed):
    assert report_inbox.report_number(typed) is None


def test_every_action_is_an_operation_of_the_service_and_its_fields_are_those_of_the_body():
    contract = contracts.openapi("reports")
    for action in ACTIONS.values():
        operation = contract["paths"][f"/v1/reports/{{report_id}}/{action.path}"]["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        body = contract["components"]["schemas"][schema["$ref"].rpartition("/")[2]]

        assert {field.name for field in action.fields if field.is_sent} <= body[
            "properties"
        ].keys(), action.name


def test_an_action_has_the_key_and_the_version_that_the_service_knows():
    contract = contracts.openapi("reports")
    for action in ACTIONS.values():
        operation = contract["paths"][f"/v1/reports/{{report_id}}/{action.path}"]["post"]
        named = {one["$ref"].rpartition("/")[2] for one in operation.get("parameters", ())}

        assert any("IdempotencyKey" in one for one in named) is action.is_keyed, action.name
        assert ("VersionRead" in named) is action.is_versioned, action.name


def test_a_form_takes_exactly_as_much_text_as_the_service():
    contract = contracts.openapi("reports")
    for action in ACTIONS.values():
        operation = contract["paths"][f"/v1/reports/{{report_id}}/{action.path}"]["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        body = contract["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        for field in (one for one in action.fields if one.is_sent):
            most = body["properties"][field.name].get("maxLength", field.most)

            assert field.most == most, (action.name, field.name)


def test_an_empty_field_is_left_out_and_a_line_ends_with_one_sign():
    refer = ACTIONS["refer"]
    typed = read_action(refer, {"department": " ", "note": "سطر\r\nآخر ", "foreign": "x"})

    assert body_of(refer, typed) == {"note": "سطر\nآخر"}


@pytest.mark.parametrize(
    ("typed", "version"), [("7", 7), ("", 0), ("-1", 0), ("٧", 0), ("9" * 30, 0)]
)
def test_a_form_without_a_version_has_read_none(typed, version):
    assert version_of({"version": typed}) == version
