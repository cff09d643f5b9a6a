"""The second factor of staff: enrolment with a code, the second step, recovery codes, tokens that say so."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from identity.domain.second_factor import new_secret
from identity.models import Factor, RecoveryCode

from .factors import (
    TWO_FACTORS,
    code_at,
    give_factor,
    key_on,
    recovery_codes_on,
    second_page,
    submit,
)

COOKIE = "__Host-identity"


@pytest.fixture
def secret(session, sara):
    """The key of Sara's telephone."""
    return give_factor(session, sara.person_id)


@pytest.fixture
def new_code(client, admin):
    """Makes an enrolment code, as the administrator does."""

    def make(person):
        answer = client.post(f"/v1/people/{person.person_id}/enrolment-code", headers=admin)
        assert answer.status_code == 201, answer.text
        return answer.json()["code"]

    return make


def enrolled(oauth, browser, code):
    """Enrols Sara's first factor. Returns the key, and the page with the recovery codes."""
    page = submit(browser, oauth.sign_in(browser=browser), "enrol", code)
    key = key_on(page)
    return key, submit(browser, page, "confirm-factor", code_at(key))


def sign_in(oauth, secret, browser=None, **changes):
    """Signs Sara in with both factors."""
    browser = browser or oauth.browser()
    page = second_page(oauth, browser, **changes)
    return submit(browser, page, "verify-code", code_at(secret))


def claims_behind(oauth, answer):
    token = oauth.redeem(oauth.returned(answer)["code"]).json()["access_token"]
    return oauth.claims(token)


def test_without_factor_and_demand_a_person_signs_in_as_before(oauth):
    claims = oauth.claims(oauth.staff_token())

    assert (claims["amr"], claims["acr"]) == (["pwd"], "one-factor")
    assert "second_factor" not in claims


def test_a_person_with_a_factor_is_asked_for_it_under_either_policy(oauth, secret):
    claims = claims_behind(oauth, sign_in(oauth, secret))

    assert (claims["amr"], claims["acr"]) == (["pwd", "otp", "mfa"], "two-factors")


def test_the_password_alone_makes_no_session(oauth, secret):
    browser = oauth.browser()
    page = second_page(oauth, browser)

    assert "الخطوة الثانية للدخول" in page.text
    assert browser.get("/authorize", params=oauth.reference()).text.count('type="password"') == 1


def test_a_demand_without_a_factor_leads_to_the_enrolment_and_nowhere_else(oauth, demanded):
    browser = oauth.browser()
    page = oauth.sign_in(browser=browser)

    assert 'value="enrol"' in page.text
    for action in ("verify-code", "verify-recovery", "confirm-factor"):
        answer = submit(browser, page, action, "000000")
        assert answer.status_code == 403
        assert "Location" not in answer.headers


def test_an_enrolment_code_leads_to_a_key_recovery_codes_and_a_session(
    oauth, demanded, sara, new_code
):
    browser = oauth.browser()
    key, page = enrolled(oauth, browser, new_code(sara))

    assert len(set(recovery_codes_on(page))) == 10
    claims = claims_behind(oauth, submit(browser, page, "continue"))
    assert (claims["acr"], claims["second_factor"]) == ("two-factors", "demanded")
    assert sign_in(oauth, key).status_code == 403, "the step of the enrolment counts once"


def test_an_open_enrolment_code_leads_to_the_enrolment_where_no_factor_is_demanded(
    oauth, sara, new_code
):
    code = new_code(sara)

    page = oauth.sign_in()

    assert 'value="enrol"' in page.text
    assert code not in page.text


def test_the_key_and_the_codes_are_kept_sealed_and_hashed(oauth, session, demanded, sara, new_code):
    code = new_code(sara)
    browser = oauth.browser()
    key, page = enrolled(oauth, browser, code)

    for table in ("factor", "recovery_code", "enrolment_code", "second_step", "journal"):
        kept = str(session.execute(text(f"SELECT * FROM {table}")).all())
        for secret in (key, code.replace("-", ""), recovery_codes_on(page)[0].replace("-", "")):
            assert secret not in kept


def test_a_recovery_code_signs_in_once(oauth, demanded, sara, new_code, client, admin):
    _, page = enrolled(oauth, oauth.browser(), new_code(sara))
    code = recovery_codes_on(page)[3].upper().replace("-", " ")

    def use():
        browser = oauth.browser()
        page = submit(browser, second_page(oauth, browser), "use-recovery")
        return submit(browser, page, "verify-recovery", code)

    assert claims_behind(oauth, use())["acr"] == "two-factors"
    assert use().status_code == 403
    state = client.get(f"/v1/people/{sara.person_id}/factors", headers=admin).json()
    assert state["recovery_codes_left"] == 9
    history = client.get(f"/v1/people/{sara.person_id}/history", headers=admin).json()["items"]
    assert [one["action"] for one in history][-3:] == [
        *("make_enrolment_code", "enrol", "use_recovery_code"),
    ]


def test_a_request_may_want_a_new_or_a_young_sign_in(oauth, session):
    browser = oauth.browser()
    oauth.sign_in(browser=browser)
    session.execute(
        text("UPDATE sign_in_session SET created_at = created_at - interval '16 minutes'")
    )

    def is_asked(**wishes):
        answer = browser.get("/authorize", params=oauth.reference(**wishes))
        return answer.status_code == 200

    assert not is_asked()
    assert not is_asked(max_age="1000")
    assert is_asked(max_age="900")
    assert is_asked(prompt="login")
    assert is_asked(acr_values="two-factors")
    assert not is_asked(acr_values="one-factor two-factors")


def test_a_sign_in_for_such_a_request_meets_it(oauth, secret):
    wishes = {"max_age": "0", "prompt": "login", "acr_values": "two-factors"}

    answer = sign_in(oauth, secret, **wishes)

    assert claims_behind(oauth, answer)["acr"] == "two-factors"


def test_a_person_without_a_factor_cannot_meet_a_class(oauth):
    answer = oauth.sign_in(acr_values="two-factors")

    assert oauth.returned(answer)["error"] == "unmet_authentication_requirements"


@pytest.mark.parametrize("wishes", [{"max_age": "-1"}, {"prompt": "none"}])
def test_a_malformed_wish_is_refused_when_it_is_pushed(oauth, wishes):
    assert oauth.push(**wishes).json()["error"] == "invalid_request"


def test_the_policy_is_set_with_a_reason_and_stands_in_the_history(client, admin, oauth):
    body = {"second_factor": "demanded", "reason": "قرار أمن المعلومات"}

    answer = client.put("/v1/organisations/electricity/second-factor", json=body, headers=admin)

    assert answer.json()["second_factor"] == "demanded"
    history = client.get("/v1/organisations/electricity/history", headers=admin).json()["items"]
    assert history[-1]["details"] == {"second_factor": ["optional", "demanded"]}
    assert history[-1]["note"] == "قرار أمن المعلومات"


def test_a_citizens_token_says_nothing_of_factors(fatima, oauth):
    claims = oauth.claims(fatima.token())

    assert not {"amr", "second_factor"} & set(claims)
    assert claims["acr"] == "high"


def test_factors_are_removed_by_two_people(client, token, oauth, sara, secret, two_admins):
    path = f"/v1/people/{sara.person_id}/factor-reset"
    first, second = two_admins

    def confirm(header):
        return client.post(f"{path}/confirm", headers=header)

    assert confirm(second).json()["type"].endswith("/no-reset-requested")
    own = token("identity.admin", sub=sara.person_id, **TWO_FACTORS)
    assert client.post(path, json={"reason": "x"}, headers=own).status_code == 409
    assert client.post(path, json={"reason": "فقدان الهاتف"}, headers=first).status_code == 201
    assert confirm(first).json()["type"].endswith("/another-person-needed")
    assert confirm(own).json()["type"].endswith("/another-person-needed")
    assert confirm(second).status_code == 200
    assert oauth.sign_in().status_code == 303
    history = client.get(f"/v1/people/{sara.person_id}/history", headers=first).json()["items"]
    assert [(one["action"], one["subject"]) for one in history][-2:] == [
        ("request_factor_reset", "p_first"),
        ("reset_factors", "p_second"),
    ]


def test_a_request_for_a_reset_ends_after_a_day(client, two_admins, sara, secret, session):
    path = f"/v1/people/{sara.person_id}/factor-reset"
    first, second = two_admins
    assert client.post(path, json={"reason": "x"}, headers=first).status_code == 201
    session.execute(text("UPDATE factor_reset SET expires_at = now() - interval '1 second'"))

    answer = client.post(f"{path}/confirm", headers=second)

    assert answer.json()["type"].endswith("/no-reset-requested")


def test_a_withdrawn_request_is_not_confirmed(client, admin, two_admins, sara, secret):
    path = f"/v1/people/{sara.person_id}/factor-reset"
    why = {"reason": "وُجد الهاتف"}

    def withdraw(header):
        return client.post(f"{path}/withdraw", json=why, headers=header)

    assert withdraw(admin).json()["type"].endswith("/no-reset-requested")
    assert client.post(path, json={"reason": "x"}, headers=two_admins[0]).status_code == 201
    assert withdraw(admin).status_code == 200

    answer = client.post(f"{path}/confirm", headers=two_admins[1])

    assert answer.json()["type"].endswith("/no-reset-requested")
    state = client.get(f"/v1/people/{sara.person_id}/factors", headers=admin).json()
    assert (len(state["items"]), state["reset"]) == (1, None)
    history = client.get(f"/v1/people/{sara.person_id}/history", headers=admin).json()["items"]
    assert (history[-1]["action"], history[-1]["note"]) == ("withdraw_factor_reset", why["reason"])
    assert history[-1]["details"] == {"requested_by": "p_first"}


def test_people_without_a_factor_are_listed(client, admin, token, sara, secret):
    own = token("organisation.admin", organisation="electricity", organisation_kind="partner")

    def names(header, **query):
        found = client.get("/v1/people", params=query, headers=header).json()["items"]
        return {one["username"] for one in found}

    assert names(admin, has_second_factor="true") == {"sara"}
    assert "sara" not in names(admin, has_second_factor="false")
    assert names(own, has_second_factor="true") == {"sara"}
    assert names(own, has_second_factor="false") == set()


def test_no_enrolment_code_is_made_for_a_person_with_a_factor(client, admin, sara, secret):
    answer = client.post(f"/v1/people/{sara.person_id}/enrolment-code", headers=admin)

    assert answer.json()["type"].endswith("/factor-exists")


def test_administration_needs_a_sign_in_of_the_last_quarter_of_an_hour(client, token, sara):
    path = f"/v1/people/{sara.person_id}/enrolment-code"
    old = int((datetime.now(UTC) - timedelta(minutes=16)).timestamp())

    answer = client.post(path, headers=token("identity.admin", auth_time=old))

    assert answer.status_code == 401
    assert answer.json()["type"].endswith("/insufficient-user-authentication")
    assert answer.headers["WWW-Authenticate"].startswith(
        'Bearer error="insufficient_user_authentication", max_age="900"'
    )


def own_page(browser):
    page = browser.get("/factors")
    assert page.status_code == 200, page.text
    return page


def test_a_person_removes_a_factor_with_a_code_of_another_one(oauth, session, sara, secret):
    other = give_factor(session, sara.person_id, new_secret())
    browser = oauth.browser()
    sign_in(oauth, secret, browser)
    action = f"remove:f-{secret}"

    page = submit(browser, own_page(browser), action, code_at(secret, 1))
    assert page.status_code == 403, "its own code doesn't remove it"
    page = submit(browser, own_page(browser), action, code_at(other))

    assert page.status_code == 200
    assert [one.secret for one in session.scalars(select(Factor))] == [other]
    assert browser.get("/factors").status_code == 403, "the sessions have ended"


def test_a_recovery_code_that_is_spent_on_the_own_page_stands_in_the_journal(
    oauth, session, sara, new_code, client, admin
):
    browser = oauth.browser()
    _, page = enrolled(oauth, browser, new_code(sara))
    code = recovery_codes_on(page)[0]
    (factor,) = session.scalars(select(Factor)).all()

    page = submit(browser, own_page(browser), f"remove:{factor.factor_id}", code)

    assert page.status_code == 200
    history = client.get(f"/v1/people/{sara.person_id}/history", headers=admin).json()["items"]
    assert [one["action"] for one in history][-2:] == ["use_recovery_code", "remove_factor"]


def test_the_last_factor_stays_while_it_is_demanded(oauth, demanded, sara, new_code, session):
    browser = oauth.browser()
    _, page = enrolled(oauth, browser, new_code(sara))
    codes = recovery_codes_on(page)
    (factor,) = session.scalars(select(Factor)).all()

    page = submit(browser, own_page(browser), f"remove:{factor.factor_id}", codes[0])

    assert page.status_code == 403
    assert "هذه وسيلتكم الوحيدة" in page.text
    unused = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.used_at.is_(None))
    assert session.scalar(unused) == 10, "the refusal spends no code"


def test_a_person_adds_a_key_and_makes_new_recovery_codes(oauth, session, sara, secret):
    browser = oauth.browser()
    sign_in(oauth, secret, browser)

    page = submit(browser, own_page(browser), "add", code_at(secret, 1))
    key = key_on(page)
    assert submit(browser, page, "confirm", code_at(key)).status_code == 200
    page = submit(browser, own_page(browser), "new-codes", code_at(key, 1))

    assert len(recovery_codes_on(page)) == 10
    assert len(session.scalars(select(Factor)).all()) == 2


def test_the_page_of_own_factors_needs_a_session_and_its_form_the_token_of_the_page(oauth, secret):
    browser = oauth.browser()
    assert browser.get("/factors").status_code == 403
    sign_in(oauth, secret, browser)

    answer = browser.post("/factors", data={"action": "new-codes", "code": code_at(secret, 1)})

    assert answer.status_code == 403
    assert not recovery_codes_on(answer)
