"""What an administrator sends to identity, and what a history says."""

import json

import pytest

from portal.domain.administration import (
    KINDS,
    NEW,
    KeysUnreadable,
    body_of,
    changes_of,
    fill_in_fields,
    kinds_for,
    offered_actions,
    offered_factor_actions,
    person_attributes,
    read_jwks,
    version_of,
)
from portal.domain.tasks import ADMINISTER, ADMINISTER_OWN

ALL, OWN = frozenset((ADMINISTER,)), frozenset((ADMINISTER_OWN,))
KEY = {"kty": "EC", "kid": "k1", "crv": "P-256", "x": "x", "y": "y"}
TERMS = KINDS["grants"].actions["amend"].fields


def typed(fields, **values):
    return {one.name: values.get(one.name, "") for one in fields}


def test_an_empty_line_is_left_out_and_no_permission_is_an_empty_list():
    body = body_of(NEW["people"], typed(NEW["people"], username="huda"))

    assert body == {"username": "huda", "scopes": []}


def test_names_stand_in_one_object_and_addresses_each_in_a_line():
    fields = KINDS["clients"].actions["amend"].fields
    lines = "https://a.example/x\n\n https://b.example/y "

    body = body_of(fields, typed(fields, title_ar="أ", title_en="a", redirect_uris=lines))

    assert body["name"] == {"ar": "أ", "en": "a"}
    assert body["redirect_uris"] == ["https://a.example/x", "https://b.example/y"]


def test_the_days_of_a_grant_are_whole_days_in_riyadh_in_either_calendar():
    body = body_of(TERMS, typed(TERMS, valid_from="1448/06/14", valid_until="2026-12-31"))

    assert body["valid_from"] == "2026-11-24T00:00:00+03:00"
    assert body["valid_until"] == "2027-01-01T00:00:00+03:00"


def test_a_day_that_is_none_goes_as_it_was_typed():
    assert body_of(TERMS, typed(TERMS, valid_from="غدًا"))["valid_from"] == "غدًا"


def test_the_form_of_a_grant_begins_with_its_terms():
    grant = {
        "purposes": ["meter-connection", "energisation"],
        "query_kinds": ["civil-id"],
        "widest_span_days": None,
        "rows_per_day": 20000,
        "valid_from": "2026-11-23T21:00:00Z",
        "valid_until": "2026-12-31T21:00:00Z",
        "version": 4,
    }

    shown = fill_in_fields(TERMS, grant)

    assert shown["purposes"] == "meter-connection energisation"
    assert (shown["valid_from"], shown["valid_until"]) == ("2026/11/24", "2026/12/31")
    assert (shown["widest_span_days"], shown["version"]) == ("", "4")


def test_a_number_in_arabic_digits_is_a_number():
    assert body_of(TERMS, typed(TERMS, rows_per_day="٢٠٠٠"))["rows_per_day"] == 2000


def test_a_secret_and_keys_begin_empty():
    password, keys = KINDS["people"].actions["password"], KINDS["clients"].actions["keys"]

    assert fill_in_fields(password.fields, {"password": "x"}) == {"password": ""}
    assert fill_in_fields(keys.fields, {"jwks": {"keys": []}, "version": 2})["jwks"] == ""


# The last two can't be sent on as JSON: half of a surrogate pair, and a number that JSON hasn't.
@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "[]", "{}", '{"keys": {}}', '"keys"'),
        *(r'{"keys": [{"kid": "\ud800"}]}', '{"keys": [{"n": NaN}]}'),
    ],
)
def test_what_is_no_key_set_is_said_at_once(text):
    if text == "{}":
        assert read_jwks(text) == {"keys": [{}]}
        return
    with pytest.raises(KeysUnreadable) as refused:
        read_jwks(text)

    assert refused.value.fault == "register_jwks_unreadable"


def test_one_key_alone_is_a_set_of_one():
    assert read_jwks(json.dumps(KEY)) == {"keys": [KEY]}
    assert read_jwks(json.dumps({"keys": [KEY]})) == {"keys": [KEY]}


@pytest.mark.parametrize("member", ["d", "k", "p"])
def test_a_private_key_goes_no_further(member):
    with pytest.raises(KeysUnreadable) as refused:
        read_jwks(json.dumps({"keys": [KEY, {**KEY, member: "secret"}]}))

    assert refused.value.is_private


def test_an_empty_attribute_is_none():
    assert person_attributes({"departments": "cleaning survey", "contractor": ""}) == {
        "departments": "cleaning survey"
    }


@pytest.mark.parametrize(("text", "version"), [("3", 3), ("", None), ("x", None), ("٣", None)])
def test_a_form_without_a_version_has_read_none(text, version):
    assert version_of({"version": text}) == version


def test_the_administrator_of_one_organisation_does_not_see_what_concerns_all():
    assert "revocations" in kinds_for(ALL)
    assert "revocations" not in kinds_for(OWN)


@pytest.mark.parametrize(
    ("kind", "status", "scopes", "names"),
    [
        ("people", "active", OWN, ["amend", "password", "suspend"]),
        ("people", "suspended", ALL, ["amend", "password", "reinstate", "revoke"]),
        ("clients", "active", OWN, ["keys", "suspend"]),
        ("grants", "active", OWN, []),
        ("grants", "active", ALL, ["amend", "withdraw"]),
        ("grants", "withdrawn", ALL, []),
        ("organisations", "active", OWN, []),
        ("organisations", "active", ALL, ["rename", "policy", "suspend", "revoke"]),
    ],
)
def test_a_person_is_offered_what_the_state_and_the_reach_allow(kind, status, scopes, names):
    assert offered_actions(KINDS[kind], {"status": status}, scopes) == names


CODE, REQUEST, CONFIRM, WITHDRAW = (
    "enrolment-code",
    "factor-reset",
    "factor-reset-confirm",
    "factor-reset-withdraw",
)


@pytest.mark.parametrize(
    ("has_factor", "requested_by", "administrator", "scopes", "names"),
    [
        (False, None, "p_boss", OWN, [CODE]),
        (False, None, "p_sara", OWN, []),
        (True, None, "p_boss", OWN, []),
        (True, None, "p_boss", ALL, [REQUEST]),
        (True, None, "p_sara", ALL, []),
        (True, "p_other", "p_boss", ALL, [CONFIRM, WITHDRAW]),
        (True, "p_boss", "p_boss", ALL, [WITHDRAW]),
        (True, "p_other", "p_sara", ALL, [WITHDRAW]),
        (True, "p_other", "p_boss", OWN, []),
    ],
)
def test_an_administrator_is_offered_what_fits_the_factors(
    has_factor, requested_by, administrator, scopes, names
):
    person = {"person_id": "p_sara", "status": "active"}
    reset = {"requested_by": requested_by} if requested_by else None
    factors = {"items": [{"kind": "totp"}] if has_factor else [], "reset": reset}

    assert offered_factor_actions(person, factors, scopes, administrator=administrator) == names


def test_no_code_is_offered_for_somebody_suspended():
    person = {"person_id": "p_sara", "status": "suspended"}
    factors = {"items": [], "reset": None}

    assert offered_factor_actions(person, factors, OWN, administrator="p_boss") == []


def test_a_history_says_what_came_and_what_went():
    details = {
        "scopes": [["a", "b"], ["b", "c"]],
        "display_name": None,
        "role": ["clerk", "officer"],
        "attributes": [{}, {"departments": "survey"}],
        "requested_by": "p_boss",
        "last_counter": 12,
    }

    assert changes_of(details) == [
        ("scopes", ["c"], ["a"]),
        ("display_name", [], []),
        ("role", ["officer"], ["clerk"]),
        ("attributes", ["departments: survey"], []),
    ]
    assert changes_of(None) == []
