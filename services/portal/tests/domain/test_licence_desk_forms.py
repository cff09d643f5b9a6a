"""The forms of the desk for licences: numbers, bodies of actions, and what an inspector records."""

import pytest

from portal.domain.desk_actions import body_of
from portal.domain.licence_desk import application_number, licence_number
from portal.domain.licence_desk_actions import (
    APPLICATION_ACTIONS,
    VIOLATION_ACTIONS,
    VISIT_ACTIONS,
    explained_conditions,
    offered_actions,
)
from portal.domain.licence_desk_recording import body_of as recording_body
from portal.domain.licence_desk_recording import input_of, read_recording
from portal.domain.tasks import DECIDE_VIOLATIONS, RECORD_VIOLATIONS, REVIEW_LICENCES

TOWNS = {"سيهات": "saihat"}


@pytest.mark.parametrize(
    ("typed", "licence", "application"),
    [
        ("144804000017", "144804000017", None),
        (" ١٤٤٨٠٤-٠٠٠٠١٧ ", "144804000017", None),
        ("1448040000123", None, "1448040000123"),
        ("1000000008", None, None),
        ("0500000001", None, None),
        ("", None, None),
    ],
)
def test_a_number_of_a_licence_is_told_from_a_person_s(typed, licence, application):
    assert (licence_number(typed), application_number(typed)) == (licence, application)


def typed_for(action, **values):
    return {field.name: values.get(field.name, "") for field in action.fields}


@pytest.mark.parametrize(
    ("action", "values", "body"),
    [
        (
            APPLICATION_ACTIONS["return"], {"reasons": "العقد\n\n المخطط "},
            {"reasons": [{"ar": "العقد"}, {"ar": "المخطط"}]},
        ),
        (APPLICATION_ACTIONS["order_inspection"], {}, {}),
        (APPLICATION_ACTIONS["verify_safety"], {}, {"fact": "safety", "value": {}}),
        (
            APPLICATION_ACTIONS["verify_classification"], {"valid_to": "1449/01/01", "valid_until": "1450/01/01"},
            {"fact": "classification", "value": {"valid_until": "1449/01/01"}, "valid_until": "1450/01/01"},
        ),
        (VIOLATION_ACTIONS["warn"], {}, {}),
        (VIOLATION_ACTIONS["bill"], {"mobile": "0500000001"}, {"offender": {"mobile": "0500000001"}}),
        (VISIT_ACTIONS["record"], {"passed": "yes"}, {"passed": True}),
        (VISIT_ACTIONS["record"], {"passed": "no"}, {"passed": False}),
        (VISIT_ACTIONS["record"], {}, {}),
    ],
)  # fmt: skip
def test_what_was_typed_becomes_the_body(action, values, body):
    assert body_of(action, typed_for(action, **values)) == body


def test_a_body_leaves_its_action_as_it_was():
    action = APPLICATION_ACTIONS["verify_lease"]

    body_of(action, typed_for(action, starts_on="1448/01/01"))

    assert action.fixed == {"fact": "lease"}


def test_an_action_needs_the_word_of_the_service_and_the_scope():
    named = ["warn", "decide", "close"]

    assert offered_actions(VIOLATION_ACTIONS, named, {RECORD_VIOLATIONS}) == ["warn", "close"]
    assert offered_actions(VIOLATION_ACTIONS, named, {DECIDE_VIOLATIONS}) == ["decide"]
    assert offered_actions(VIOLATION_ACTIONS, [], {DECIDE_VIOLATIONS}) == []


@pytest.mark.parametrize(
    ("named", "scopes", "verify"),
    [
        (["verify"], {REVIEW_LICENCES}, ["verify_lease", None]),
        (["verify"], set(), [None, None]),
        ([], {REVIEW_LICENCES}, [None, None]),
    ],
)
def test_an_open_condition_leads_to_its_document(named, scopes, verify):
    conditions = [
        {"code": "lease-term", "satisfied": None},
        {"code": "owner-age", "satisfied": True},
    ]
    missing = [{"code": "lease-term", "by": "applicant"}]

    shown = explained_conditions(conditions, {"missing": missing, "staff_actions": named}, scopes)

    assert [one["verify"] for one in shown] == verify
    assert [one["missing"] for one in shown] == [missing[0], None]


def test_an_establishment_has_a_size_and_a_person_none():
    person = read_recording({"name": "بائع", "id_type": "iqama", "size": "micro"})
    shop = read_recording({"name": "بقالة", "id_type": "unified_number", "size": "micro"})

    assert recording_body(person, TOWNS)["offender"] == {
        "kind": "person", "name": "بائع", "id_type": "iqama",
    }  # fmt: skip
    assert recording_body(shop, TOWNS)["offender"]["kind"] == "establishment"
    assert recording_body(shop, TOWNS)["offender"]["size"] == "micro"


@pytest.mark.parametrize(
    ("place", "sent"),
    [
        ("سيهات|الكوثر", {"municipality": "saihat", "town": "سيهات", "district": "الكوثر"}),
        ("سيهات", {"municipality": "saihat", "town": "سيهات"}),
        ("جدة", {"town": "جدة"}),
        ("", {}),
    ],
)
def test_the_town_says_whose_violation_it_is(place, sent):
    assert recording_body(read_recording({"place": place}), TOWNS) == {
        **sent, "offender": {"kind": "person"},
    }  # fmt: skip


@pytest.mark.parametrize(("typed", "sent"), [("٢٦٫٥", 26.5), ("50.04", 50.04), ("x", "x")])
def test_a_coordinate_is_a_number_or_what_was_typed(typed, sent):
    assert recording_body(read_recording({"latitude": typed}), TOWNS)["latitude"] == sent


@pytest.mark.parametrize(
    ("field", "licence_no", "leads_to"),
    [
        ("offender.size", "144804000017", "size"),
        ("offender.id_number", "", "id_number"),
        ("offender.id_number", "144804000017", ""),
        ("municipality", "", "place"),
        ("town", "144804000017", ""),
        ("pictures.0", "", "files"),
        ("offender", "", ""),
    ],
)
def test_a_fault_leads_to_an_input_that_the_page_has(field, licence_no, leads_to):
    assert input_of(field, {"licence_no": licence_no}) == leads_to
