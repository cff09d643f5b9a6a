"""What may be exchanged, and for what."""

import pytest

from identity.domain.errors import InvalidRegistration, OAuthRefusal
from identity.domain.token_exchange import (
    ACCESS_TOKEN,
    check_exchange_audiences,
    check_named,
    check_subject_token,
    check_target,
    read_exchange,
    wanted_service,
)

KEY = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
CLAIMS = {
    "client_id": "desk",
    "client_kind": "staff",
    "cnf": {"jkt": KEY},
    "sid": "s1",
    "sub": "p_1",
    "jti": "t1",
    "iat": 1_800_000_000,
}
FORM = {"subject_token": "t", "subject_token_type": ACCESS_TOKEN}


def checked(claims, **changes):
    asked = {"client_id": "desk", "client_kind": "staff", "bound_to": KEY, **changes}
    return check_subject_token(claims, **asked)


def test_a_token_of_a_sign_in_names_session_and_person():
    employee = checked(CLAIMS)
    citizen = checked({**CLAIMS, "client_kind": "citizen"}, client_kind="citizen")

    assert (employee.sid, employee.person_id, employee.citizen_id) == ("s1", "p_1", None)
    assert (citizen.person_id, citizen.citizen_id) == (None, "p_1")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "other"},
        {"client_kind": "citizen"},
        {"client_kind": None},
        {"cnf": {"jkt": "other"}},
        {"cnf": {"jkt": KEY, "x5t#S256": "x"}},
        {"cnf": None},
        {"sid": None},
        {"exchanged": True},
        {"exchanged": False},
    ],
)
def test_any_other_token_is_no_token_of_a_sign_in(changes):
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}

    with pytest.raises(OAuthRefusal, match="invalid_request: The subject_token is not valid"):
        checked(claims)


def test_a_text_that_we_did_not_sign_and_a_request_without_a_key_are_refused_alike():
    for claims, bound_to in ((None, KEY), (CLAIMS, None)):
        with pytest.raises(OAuthRefusal, match="invalid_request: The subject_token is not valid"):
            checked(claims, bound_to=bound_to)


def test_the_request_names_an_access_token():
    assert read_exchange(FORM) == "t"
    assert read_exchange({**FORM, "requested_token_type": ACCESS_TOKEN}) == "t"


@pytest.mark.parametrize(
    "changes",
    [
        {"subject_token": None},
        {"subject_token_type": None},
        {"subject_token_type": "urn:ietf:params:oauth:token-type:jwt"},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        {"actor_token": "t"},
        {"actor_token_type": ACCESS_TOKEN},
    ],
)
def test_a_request_for_anything_else_is_refused(changes):
    form = {name: value for name, value in {**FORM, **changes}.items() if value is not None}

    with pytest.raises(OAuthRefusal, match="invalid_request"):
        read_exchange(form)


def test_resource_and_audience_name_one_service():
    assert wanted_service({}) is None
    assert wanted_service({"resource": "permits"}) == "permits"
    assert wanted_service({"audience": "permits", "resource": "permits"}) == "permits"
    with pytest.raises(OAuthRefusal, match="invalid_target"):
        wanted_service({"audience": "permits", "resource": "reports"})


def test_only_a_scope_that_the_page_named_and_a_listed_service_are_given():
    check_named(["a"], ["a", "b"])
    check_target("permits", ["permits"])
    with pytest.raises(OAuthRefusal, match="invalid_scope"):
        check_named(["a", "c"], ["a", "b"])
    with pytest.raises(OAuthRefusal, match="invalid_target"):
        check_target("reports", ["permits"])


@pytest.mark.parametrize(
    ("kind", "organisation_kind"),
    [
        ("machine", "municipality"),
        ("staff", "partner"),
        ("staff", "medical_centre"),
    ],
)
def test_no_machine_and_no_client_of_a_partner_exchanges(kind, organisation_kind):
    asked = {"kind": kind, "organisation_kind": organisation_kind, "known": ["permits"]}

    check_exchange_audiences([], **asked)
    with pytest.raises(InvalidRegistration):
        check_exchange_audiences(["permits"], **asked)


@pytest.mark.parametrize(
    ("kind", "organisation_kind"),
    [("staff", "municipality"), ("staff", "affiliated_municipality"), ("citizen", "municipality")],
)
def test_a_municipalitys_client_for_people_exchanges_for_services_that_exist(
    kind, organisation_kind
):
    asked = {"kind": kind, "organisation_kind": organisation_kind, "known": ["permits"]}

    check_exchange_audiences(["permits"], **asked)
    with pytest.raises(InvalidRegistration):
        check_exchange_audiences(["nothing"], **asked)
