"""Citizens sign in with the national login: the way there and back, and what the token says."""

import json

import pytest
from sqlalchemy import text

from chassis.access.persons import Person, Persons
from chassis.data.sealing import Keyring
from identity.domain.citizens import SIGN_IN_LIFETIME

from .citizens import FATIMA, HASAN, Citizen, query_of
from .oauth_clients import ISSUER


def claim_of(settings, claims):
    persons = Persons(Keyring.parse(settings.person_key))
    text_ = persons._sealer.unseal_text(claims["person"], f"person/{claims['sub']}")
    return Person(**json.loads(text_))


def test_a_citizens_token_has_an_opaque_subject_no_organisation_and_the_number_sealed(
    fatima, oauth, settings
):
    token = fatima.token()

    claims = oauth.claims(token)
    assert claims["client_kind"] == "citizen"
    assert claims["sub"].startswith("c_")
    assert not {"organisation", "organisation_kind", "municipality", "name", "acts_for"} & set(
        claims
    )
    assert FATIMA not in str(claims)
    assert claims["acr"] == "high"
    assert claim_of(settings, claims) == Person(
        id_number=FATIMA,
        id_type="national_id",
        name="فاطمة علي (بيانات تجريبية)",
        mobile="+966500000016",
    )


def test_the_same_person_keeps_the_subject_and_another_one_has_another(oauth, national):
    subjects = [
        oauth.claims(Citizen(oauth, number).token())["sub"] for number in (FATIMA, FATIMA, HASAN)
    ]

    assert subjects[0] == subjects[1] != subjects[2]


@pytest.mark.parametrize("says", [{"phone_number_verified": False}, {"phone_number": "0500000099"}])
def test_a_token_claims_only_the_mobile_that_its_own_sign_in_gave(
    fatima, oauth, national, settings, says
):
    """A number that the person had before may be somebody else's by now."""
    earlier, later, latest = fatima, Citizen(oauth), Citizen(oauth)
    given = "+966500000099" if "phone_number" in says else None

    def mobile_of(citizen):
        return claim_of(settings, oauth.claims(citizen.token())).mobile

    assert mobile_of(earlier) == "+966500000016"
    national.fail(claims=says)
    assert (mobile_of(later), mobile_of(earlier)) == (given, None)
    national.fail()
    assert mobile_of(latest) == "+966500000016"
    assert mobile_of(later) is None


def test_the_number_the_name_and_the_mobile_are_nowhere_in_the_clear(fatima, session):
    fatima.token()

    for table in (
        "citizen",
        "sign_in_session",
        "national_sign_in",
        "authorization_code",
        "journal",
    ):
        rows = session.scalar(text(f"SELECT json_agg(t)::text FROM {table} t"))
        assert rows
        assert not [part for part in (FATIMA, "فاطمة", "500000016") if part in rows], table


def test_the_page_says_who_asks_for_what_in_arabic_first_and_leads_to_the_national_login(
    fatima, national
):
    page = fatima.page()

    assert '<html lang="ar" dir="rtl">' in page.text
    assert "citizens (بيانات تجريبية)" in page.text
    assert "العمل باسم منشآتكم" in page.text
    assert 'name="password"' not in page.text
    assert (
        f"form-action 'self' https://portal.example {national.url}"
        in (page.headers["Content-Security-Policy"])
    )


def test_the_page_is_english_when_asked(fatima):
    page = fatima.page(lang="en").text

    assert '<html lang="en" dir="ltr">' in page
    assert "Continue to the national login" in page


def test_the_way_there_asks_for_a_code_with_pkce_state_nonce_and_a_fresh_authentication(
    fatima, national
):
    address = fatima.leave()

    asked = query_of(address)
    assert address.startswith(f"{national.url}/authorize?")
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert (asked["prompt"], asked["max_age"], asked["acr_values"]) == ("login", "0", "high")
    assert asked["redirect_uri"] == f"{ISSUER}/national-login/callback"
    assert len(asked["state"]) >= 43
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


@pytest.mark.parametrize(
    ("choice", "words"),
    [("refuse", "رفضتم طلب الدخول"), ("late", "لم تصل الموافقة"), ("00", "رفضتم طلب الدخول")],
)
def test_after_a_refusal_or_a_late_return_the_page_offers_another_try(fatima, oauth, choice, words):
    page = fatima.sign_in(choice)

    assert page.status_code == 403
    assert words in page.text
    back = fatima.come_back(fatima.approve(fatima.press(page)))
    assert "code" in oauth.returned(back)


def test_cancelling_leads_back_to_the_application_without_a_code(fatima, oauth):
    page = fatima.page()

    answer = fatima.browser.post("/authorize", data={**oauth.form_of(page), "action": "cancel"})

    assert oauth.returned(answer)["error"] == "access_denied"


@pytest.mark.parametrize(
    ("faults", "status"),
    [({"status": 500}, 503), ({"status": 429}, 503), ({"answer": {"x": 1}}, 403)],
)
def test_the_page_shows_a_failure_of_the_national_login(fatima, national, faults, status):
    callback = fatima.approve(fatima.leave())
    national.fail(**faults)

    page = fatima.come_back(callback)

    assert page.status_code == status
    assert "Location" not in page.headers
    assert "النفاذ الوطني" in page.text


def test_a_second_request_needs_no_page_while_the_session_lasts(fatima, oauth):
    fatima.token()

    answer = fatima.page()

    assert "code" in oauth.returned(answer)


def test_signing_out_ends_a_citizens_session_and_tokens(fatima, oauth):
    token = fatima.token()
    page = fatima.browser.get("/sign-out")
    assert "فاطمة علي" in page.text

    answer = fatima.browser.post("/sign-out", data=oauth.form_of(page))

    assert answer.status_code == 200
    assert oauth.introspect(token) == {"active": False}
    assert fatima.page().status_code == 200


def test_the_journal_of_a_citizen_holds_no_number(fatima, oauth, client, admin):
    subject = oauth.claims(fatima.token())["sub"]

    history = client.get(f"/v1/citizens/{subject}/history", headers=admin).json()["items"]

    assert [one["action"] for one in history] == ["register", "amend"]
    assert history[1]["details"] == {"name": None, "mobile": None}


def test_a_suspension_ends_a_citizens_session_and_refuses_sign_ins(fatima, oauth, client, admin):
    token = fatima.token()
    assert oauth.introspect(token)["active"] is True
    found = client.post(
        "/v1/citizen-searches", json={"id_number": FATIMA, "reason": "فقد الجوال"}, headers=admin
    ).json()
    assert found["id_number"] == "10******16"

    answer = client.post(
        f"/v1/citizens/{found['citizen_id']}/suspend", json={"reason": "فقد الجوال"}, headers=admin
    )

    assert answer.json()["status"] == "suspended"
    assert oauth.introspect(token) == {"active": False}
    page = fatima.sign_in()
    assert page.status_code == 403
    assert "موقوف" in page.text
    client.post(f"/v1/citizens/{found['citizen_id']}/reinstate", headers=admin)
    assert "code" in oauth.returned(fatima.sign_in())


def test_a_person_who_comes_back_after_the_time_begins_anew(fatima, session):
    callback = fatima.approve(fatima.leave())
    session.execute(
        text("UPDATE national_sign_in SET expires_at = expires_at - :late"),
        {"late": SIGN_IN_LIFETIME},
    )
    session.commit()

    page = fatima.come_back(callback)

    assert page.status_code == 400
    assert "انتهى وقت" in page.text
