"""Rules of what partners enter: who may, how the permit is named, what a body has to say."""

from datetime import UTC, date, datetime, timedelta

import pytest

from chassis.core.refusals import InvalidFields
from partner_gateway.domain import entries
from partner_gateway.domain.entries import NotGranted, PartnerStaffOnly
from partner_gateway.domain.grants import Grant

NOW = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)
PERMIT = {"permit_number": "1448/1312", "municipality": "central-qatif"}
VISIT = {**PERMIT, "stage": "walls", "result": "pass", "inspector": "سعيد (بيانات تجريبية)"}


def grant(**changes):
    terms = {
        "organisation": "sec", "purposes": frozenset(), "query_kinds": frozenset({"permit-number"}),
        "entry_kinds": frozenset({"insulation", "supply"}), "widest_span_days": None,
        "fields": frozenset(), "rows_per_day": 1, "valid_from": NOW - timedelta(days=1),
        "valid_until": NOW + timedelta(days=1), "active": True,
    }  # fmt: skip
    return Grant(**{**terms, **changes})


def faults(body):
    return [(one.field, one.code) for one in entries.form_faults(body)]


def test_a_named_employee_of_a_partner_may_enter():
    entries.check_caller("staff", "partner")


@pytest.mark.parametrize(
    ("kind", "organisation_kind"),
    [
        ("machine", "partner"),
        ("key", "partner"),
        ("staff", "municipality"),
        ("staff", "affiliated_municipality"),
        ("citizen", ""),
    ],
)
def test_nobody_else_may(kind, organisation_kind):
    with pytest.raises(PartnerStaffOnly):
        entries.check_caller(kind, organisation_kind)


@pytest.mark.parametrize("area", ["insulation", "supply"])
def test_a_grant_that_names_the_area_covers_it(area):
    entries.check_grant(grant(), area, NOW)


@pytest.mark.parametrize(
    ("held", "code"),
    [
        (None, "no-grant"),
        (grant(active=False), "no-grant"),
        (grant(valid_until=NOW), "no-grant"),
        (grant(entry_kinds=frozenset()), "entry-kind-not-granted"),
        (grant(entry_kinds=frozenset({"supply"})), "entry-kind-not-granted"),
        (grant(query_kinds=frozenset({"civil-id", "plan-number"})), "query-kind-not-granted"),
    ],
)
def test_a_grant_that_does_not_name_it_refuses_and_says_why(held, code):
    with pytest.raises(NotGranted) as refusal:
        entries.check_grant(held, "insulation", NOW)

    assert refusal.value.code == code


def test_a_permit_is_named_by_its_id_in_either_case():
    assert entries.named_permit({"permit_id": "01937C5E-8F00"}).permit_id == "01937c5e-8f00"


def test_a_permit_is_named_by_its_number_in_any_spelling_and_its_municipality():
    named = entries.named_permit({"permit_number": "١٤٤٨ / 1312", "municipality": "central-qatif"})

    assert (named.number, named.municipality) == ("1448/1312", "central-qatif")


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        ({}, ("permit_number", "required")),
        ({"municipality": "qatif"}, ("permit_number", "required")),
        ({"permit_number": "1448/1"}, ("municipality", "required")),
        ({"permit_id": "x", "permit_number": "1448/1"}, ("permit_id", "permit-named-twice")),
        ({"permit_id": "x", "municipality": "qatif"}, ("permit_id", "permit-named-twice")),
    ],
)
def test_a_permit_that_is_named_by_half_or_twice_is_a_fault(names, fault):
    assert faults(names) == [fault]


def test_a_passed_and_a_failed_stage_have_no_faults():
    assert faults(VISIT) == []
    assert faults({**VISIT, "result": "fail", "defects": ["فراغ خلف العزل"]}) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"result": "fail"}, ("defects", "defects-of-a-failure")),
        ({"result": "fail", "defects": []}, ("defects", "defects-of-a-failure")),
        ({"defects": ["شق"]}, ("defects", "defects-of-a-pass")),
        ({"result": "fail", "defects": ["شق", " .. "]}, ("defects.1", "required")),
        ({"inspector": " ـــ "}, ("inspector", "required")),
        ({"inspector": "1000000008"}, ("inspector", "name")),
        ({"inspector": "م. تجربة 1000000008"}, ("inspector", "name")),
        ({"inspector": "م. تجربة ١٠٠٠٠٠٠٠٠٨"}, ("inspector", "name")),
        ({"inspector": "سعيد 050 123 4567"}, ("inspector", "name")),
        ({"reason": "..."}, ("reason", "required")),
        ({"load_kva": "0.00"}, ("load_kva", "positive")),
    ],
)
def test_a_text_that_says_nothing_is_a_fault(changes, fault):
    assert faults({**VISIT, **changes}) == [fault]


def test_all_faults_are_told_at_once():
    sent = {"permit_number": "1", "result": "fail", "inspector": ".", "meter_numbers": ["99"]}

    assert {field for field, _ in faults(sent)} == {
        "municipality",
        "defects",
        "inspector",
        "meter_numbers.0",
    }


def test_items_that_the_schema_refused_are_passed_over():
    sent = {**PERMIT, "meter_numbers": [None, "99", None]}

    assert faults(sent) == [("meter_numbers.1", "meter-number")]
    assert faults({**VISIT, "result": "fail", "defects": [None, "."]}) == [
        ("defects.1", "required")
    ]


@pytest.mark.parametrize("number", ["1000456781", "١٠٠٠٤٥٦٧٨١", " 1000 456 781 "])
def test_a_meter_number_is_taken_in_either_digits(number):
    assert faults({**PERMIT, "meter_numbers": [number]}) == []


@pytest.mark.parametrize("number", ["2000456781", "100045678", "10004567812", "10o0456781"])
def test_a_number_that_is_no_meters_is_named_by_its_place(number):
    sent = {**PERMIT, "meter_numbers": ["1000456780", number]}

    assert faults(sent) == [("meter_numbers.1", "meter-number")]


def test_a_meter_that_is_named_twice_in_other_digits_is_seen():
    sent = {**PERMIT, "meter_numbers": ["1000456781", "١٠٠٠٤٥٦٧٨١"]}

    assert faults(sent) == [("meter_numbers", "not-unique")]


def test_a_day_to_come_did_not_happen():
    today = date(2026, 11, 26)

    entries.check_entry({**VISIT, "inspected_on": today}, today)
    with pytest.raises(InvalidFields, match="inspected_on: future-date"):
        entries.check_entry({**VISIT, "inspected_on": today + timedelta(days=1)}, today)


def test_a_day_to_come_is_told_beside_the_other_faults():
    today = date(2026, 11, 26)
    sent = {**VISIT, "inspector": "..", "inspected_on": today + timedelta(days=1)}

    with pytest.raises(InvalidFields) as refusal:
        entries.check_entry(sent, today)

    assert {one.field for one in refusal.value.faults} == {"inspector", "inspected_on"}


@pytest.mark.parametrize(
    ("stage", "u_value"),
    [("walls", "0.35"), ("roof", "1.0"), ("windows", "6"), ("walls", "0.1"), ("roof", None)],
)
def test_a_usual_u_value_warns_of_nothing(stage, u_value):
    assert entries.u_value_warnings(stage, u_value) == []


@pytest.mark.parametrize(
    ("stage", "u_value"),
    [("walls", "15.0"), ("roof", "1.01"), ("windows", "6.1"), ("windows", "0.4"), ("walls", "0")],
)
def test_an_unusual_u_value_warns(stage, u_value):
    (warning,) = entries.u_value_warnings(stage, u_value)

    assert (warning.field, warning.code) == ("u_value", "u-value-unusual")


@pytest.mark.parametrize("result", ["pass", "fail"])
def test_what_no_insulated_stage_has_is_refused_of_a_passed_stage(result):
    defects = ["فراغ"] if result == "fail" else []
    odd = {"stage": "walls", "u_value": "١٥", "materials": "x"}
    sent = {**VISIT, "result": result, "defects": defects, **odd}

    found = {code for field, code in faults(sent) if field in ("u_value", "materials")}

    refused = {"u-value-implausible", "materials-unclear"}
    assert found == (refused if result == "pass" else set())


def test_a_certificate_has_no_u_value_to_warn_of():
    assert entries.u_value_warnings(None, None) == []
