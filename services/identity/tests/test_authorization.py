"""The authorization endpoint and the code: who is sent where, and with what."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from chassis.core import contracts
from identity.commands.authorization import redeem_code
from identity.domain.errors import OAuthRefusal

SIGN_IN = contracts.openapi("identity")["paths"]["/authorize"]["get"]
DENIALS = SIGN_IN["responses"]["303"]["x-error-descriptions"]


def test_a_signed_in_employee_goes_back_with_code_state_and_issuer(oauth):
    answer = oauth.sign_in()

    returned = oauth.returned(answer)
    assert answer.headers["Location"].startswith("https://desk.electricity.example/callback?")
    assert set(returned) == {"code", "state", "iss"}
    assert returned["state"] == "a&b=ج"
    assert returned["iss"] == "https://issuer.test"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_person_cannot_be_given_more_than_the_own_scopes(oauth):
    returned = oauth.returned(oauth.sign_in(scope="building-permits.read building-permits.search"))

    assert returned["error"] == "access_denied"
    assert returned["error_description"] == DENIALS["not-held"]
    assert returned["iss"] == "https://issuer.test"


def test_a_partners_application_admits_nobody_of_another_partner(oauth):
    assert oauth.returned(oauth.sign_in("walid"))["error"] == "access_denied"


def test_the_municipalitys_portal_admits_an_employee_of_an_affiliated_municipality(oauth):
    portal = {
        "client_id": "portal",
        "redirect_uri": "https://portal.example/callback",
        "scope": "permits.read",
    }

    claims = oauth.claims(oauth.staff_token("tariq", **portal))

    assert (claims["organisation"], claims["municipality"]) == ("tarout", "tarout")


def test_cancelling_sends_a_denial_to_the_client(oauth):
    browser = oauth.browser()
    page = browser.get("/authorize", params=oauth.reference())

    answer = browser.post("/authorize", data={**oauth.form_of(page), "action": "cancel"})

    assert oauth.returned(answer)["error"] == "access_denied"
    assert oauth.returned(answer)["error_description"] == DENIALS["cancelled"]


def test_a_code_is_redeemed_once_and_its_second_use_voids_the_tokens_of_the_first(
    oauth, outbox_rows
):
    code = oauth.code()
    token = oauth.redeem(code).json()["access_token"]
    assert oauth.introspect(token)["active"] is True

    again = oauth.redeem(code)

    assert again.status_code == 400
    assert again.json()["error"] == "invalid_grant"
    assert oauth.introspect(token) == {"active": False}
    event = outbox_rows()[-1]
    assert event.type == "sa.gov.qatif.identity.revocation.recorded.v1"
    assert event.envelope["data"]["kind"] == "session"
    assert event.envelope["data"]["value"] == oauth.claims(token)["sid"]


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"redirect_uri": None}, "invalid_grant"),
        ({"redirect_uri": "https://desk.electricity.example/other"}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"code_verifier": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "invalid_grant"),
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"code": "nonsense"}, "invalid_grant"),
        ({"resource": "permits"}, "invalid_target"),
    ],
)
def test_a_code_is_bound_to_address_verifier_and_service(oauth, form, error):
    answer = oauth.redeem(**{"code": oauth.code(), **form})

    assert answer.status_code == 400
    assert answer.json()["error"] == error


def test_a_code_that_was_tried_with_a_wrong_verifier_is_spent(oauth):
    code = oauth.code()

    oauth.redeem(code, code_verifier="x" * 43)

    assert oauth.redeem(code).json()["error"] == "invalid_grant"


def test_another_client_can_neither_redeem_nor_spend_a_code(oauth):
    code = oauth.code()

    assert oauth.redeem(code, "water-desk").json()["error"] == "invalid_grant"
    assert oauth.redeem(code).status_code == 200


def test_a_code_is_good_for_a_minute(oauth, session):
    before = datetime.now(UTC)
    in_time, late = oauth.code(), oauth.code()
    after = datetime.now(UTC)

    assert redeem_code(session, in_time, "electricity-desk", now=before + timedelta(seconds=59))
    with pytest.raises(OAuthRefusal, match="invalid_grant"):
        redeem_code(session, late, "electricity-desk", now=after + timedelta(seconds=61))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/people/{person}/suspend", 400),
        ("/v1/clients/electricity-desk/suspend", 401),
        ("/v1/organisations/electricity/suspend", 401),
    ],
)
def test_a_suspension_voids_the_code(oauth, client, admin, path, status):
    person = client.get("/v1/people?organisation=electricity", headers=admin).json()["items"][0]
    code = oauth.code()

    client.post(path.format(person=person["person_id"]), json={"reason": "test"}, headers=admin)

    assert oauth.redeem(code).status_code == status


def test_the_revocation_of_its_client_voids_a_code(oauth, client, admin):
    code = oauth.code()

    client.post(
        "/v1/revocations",
        json={"kind": "client", "value": "electricity-desk", "reason": "key lost"},
        headers=admin,
    )

    assert oauth.redeem(code).json()["error"] == "invalid_grant"


def test_codes_sessions_and_passwords_are_stored_as_hashes_only(oauth, session):
    browser = oauth.browser()
    code = oauth.code(browser=browser)
    cookie = next(iter(browser.cookies.jar)).value

    dump = " ".join(
        session.execute(
            text(
                "SELECT (SELECT json_agg(c) FROM authorization_code c)::text,"
                " (SELECT json_agg(s) FROM sign_in_session s)::text, (SELECT json_agg(p) FROM person p)::text"
            )
        ).one()
    )

    assert code not in dump
    assert cookie not in dump
    assert "four palms" not in dump
    assert "argon2id" in dump


def test_the_location_is_the_registered_address_and_nothing_that_was_sent(oauth):
    location = urlsplit(oauth.sign_in(state='x"><script>&code=forged').headers["Location"])

    assert (location.netloc, location.path) == ("desk.electricity.example", "/callback")
    assert location.query.count("code=") == 1
