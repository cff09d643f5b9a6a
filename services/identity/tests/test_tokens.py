"""Tokens for machines and staff: what is issued, and what isn't."""

import pytest


def test_a_machine_gets_a_token_for_one_service_for_five_minutes(oauth):
    answer = oauth.machine_token("permits.read permit-requests.write")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["scope"]) == (
        "Bearer",
        300,
        "permits.read permit-requests.write",
    )
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    claims = oauth.claims(body["access_token"])
    assert claims["exp"] - claims["iat"] == 300
    assert claims["aud"] == "permits"
    assert claims["sub"] == claims["client_id"] == "tarout-feed"
    assert claims["organisation"] == claims["municipality"] == "tarout"
    assert claims["organisation_kind"] == "affiliated_municipality"
    assert "sid" not in claims


def test_an_employee_gets_a_token_in_the_own_name(oauth):
    claims = oauth.claims(oauth.staff_token())

    assert claims["iss"] == "https://issuer.test"
    assert claims["sub"].startswith("p_")
    assert claims["aud"] == "partner-gateway"
    assert claims["client_id"] == "electricity-desk"
    assert claims["organisation"] == "electricity"
    assert claims["organisation_kind"] == "partner"
    assert "municipality" not in claims
    assert claims["sid"]
    assert claims["auth_time"] <= claims["iat"]


def test_the_name_of_an_employee_stands_beside_the_token_and_not_in_it(oauth):
    answer = oauth.redeem(oauth.code()).json()

    assert answer["person"]["name"]
    assert answer["person"]["scopes"] == ["building-permits.read", "gateway.status"]
    assert set(answer["person"]["organisation"]) == {"ar", "en"}
    assert answer["person"]["name"] not in str(oauth.claims(answer["access_token"]))


@pytest.mark.parametrize(
    "scope",
    [
        None,
        "",
        "nothing",
        "permits.read nothing",
        "permits.read building-permits.read",
        "permits.issue",
        "permits.read gateway.status",
        "permits.read  permit-requests.write",
    ],
)
def test_a_request_with_one_refused_scope_gets_no_token(oauth, scope):
    answer = oauth.machine_token(scope)

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_scope"


def test_the_resource_parameter_has_to_agree_with_the_scopes(oauth):
    assert oauth.machine_token(resource="permits").status_code == 200
    assert oauth.machine_token(resource="partner-gateway").json()["error"] == "invalid_target"


@pytest.mark.parametrize(
    "grant_type",
    [
        "password",
        "refresh_token",
        "implicit",
        "urn:ietf:params:oauth:grant-type:device_code",
        'x"y',
    ],
)
def test_no_other_grant_is_offered(oauth, grant_type):
    answer = oauth.machine_token(grant_type=grant_type)

    assert answer.status_code == 400
    assert answer.json() == {
        "error": "unsupported_grant_type",
        "error_description": "This grant_type is not supported.",
    }


def test_a_machine_never_redeems_codes_and_a_staff_client_has_no_token_without_a_person(oauth):
    assert oauth.redeem("x", "tarout-feed").json()["error"] == "unauthorized_client"
    answer = oauth.machine_token("building-permits.read", "electricity-desk")
    assert answer.json()["error"] == "unauthorized_client"


def test_parameters_of_the_query_are_not_read(oauth):
    form = {"grant_type": "client_credentials", **oauth.authenticated("tarout-feed")}

    assert oauth.http.post("/token?scope=permits.read", data=form).status_code == 400
    assert oauth.http.post("/token", data=form).json()["error"] == "invalid_scope"


def test_a_parameter_sent_twice_is_an_invalid_request(oauth):
    form = {"grant_type": "client_credentials", **oauth.authenticated("tarout-feed")}

    answer = oauth.http.post(
        "/token", data={**form, "scope": ["permits.read", "permit-requests.write"]}
    )

    assert answer.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    "body", [b"", b"scope=%00", b"grant_type=\xff\xfe", b"grant_type", b"=&=&=", b"a=%zz"]
)
def test_a_malformed_form_has_an_oauth_error(oauth, body):
    answer = oauth.http.post(
        "/token", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert answer.status_code == 400
    assert answer.json()["error"] in {"invalid_request", "unsupported_grant_type"}


def test_another_media_type_is_not_read(oauth):
    assert oauth.http.post("/token", json={"grant_type": "client_credentials"}).status_code == 415


def test_a_token_cannot_be_given_to_a_suspended_machine(oauth, client, admin):
    client.post("/v1/clients/tarout-feed/suspend", json={"reason": "test"}, headers=admin)

    assert oauth.machine_token().json()["error"] == "invalid_client"


def test_a_suspended_organisation_has_no_clients(oauth, client, admin):
    client.post("/v1/organisations/tarout/suspend", json={"reason": "test"}, headers=admin)

    assert oauth.machine_token().json()["error"] == "invalid_client"
