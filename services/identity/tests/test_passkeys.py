"""Passkeys of staff: made behind a code or another factor, shown as the second step, listed, removed and reset."""

import pytest
from sqlalchemy import func, select

from identity.domain.passkeys import PASSKEYS
from identity.models import Factor, RecoveryCode

from .factors import code_at, give_factor, recovery_codes_on, second_page, submit
from .passkeys import (
    PRESENT,
    SYNCED,
    VERIFIED,
    Authenticator,
    asked_on,
    give_passkey,
    make_on,
    show_on,
    sign_in,
)

TWO = ["pwd", "hwk", "user", "mfa"]


@pytest.fixture
def enrolling(oauth, client, admin, sara):
    """A browser at the page of the first factor, behind the password and the administrator's code."""
    answer = client.post(f"/v1/people/{sara.person_id}/enrolment-code", headers=admin)
    browser = oauth.browser()
    return browser, submit(browser, oauth.sign_in(browser=browser), "enrol", answer.json()["code"])


def claims_behind(oauth, answer):
    token = oauth.redeem(oauth.returned(answer)["code"]).json()["access_token"]
    return oauth.claims(token)


def own_page(browser, action=None, **typed):
    page = browser.get("/factors")
    assert page.status_code == 200, page.text
    return submit(browser, page, action, **typed) if action else page


def kinds(session):
    return sorted(session.scalars(select(Factor.kind)))


def test_a_passkey_is_the_first_factor_behind_the_administrators_code(oauth, session, enrolling):
    authenticator = Authenticator()
    browser, page = enrolling

    asked = asked_on(page)
    page = make_on(browser, page, authenticator)

    assert asked["rp"]["id"] == "issuer.test"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert len(set(recovery_codes_on(page))) == 10
    assert claims_behind(oauth, submit(browser, page, "continue"))["amr"] == TWO
    (factor,) = session.scalars(select(Factor)).all()
    assert (factor.kind, factor.name, factor.secret) == ("passkey", "هاتف العمل", None)


def test_a_passkey_is_the_second_step(oauth, session, sara):
    authenticator = Authenticator()
    factor_id = give_passkey(session, sara.person_id, authenticator)

    claims = claims_behind(oauth, sign_in(oauth, authenticator))

    assert (claims["amr"], claims["acr"]) == (TWO, "two-factors")
    factor = session.get(Factor, factor_id)
    assert (factor.counter, factor.last_used_at is not None) == (1, True)


def test_a_synced_passkey_is_not_called_hardware(oauth, session, sara):
    authenticator = Authenticator(flags=PRESENT | VERIFIED | SYNCED)
    give_passkey(session, sara.person_id, authenticator)

    assert claims_behind(oauth, sign_in(oauth, authenticator))["amr"][1] == "swk"


def test_an_authenticator_without_a_counter_signs_in_again_and_again(oauth, session, sara):
    authenticator = Authenticator(step=0)
    give_passkey(session, sara.person_id, authenticator)

    for _ in range(2):
        assert claims_behind(oauth, sign_in(oauth, authenticator))["amr"] == TWO


def test_a_passkey_meets_a_request_for_a_new_sign_in_with_two_factors(oauth, session, sara):
    authenticator, browser = Authenticator(), oauth.browser()
    give_passkey(session, sara.person_id, authenticator)
    sign_in(oauth, authenticator, browser)

    wishes = {"max_age": "0", "prompt": "login", "acr_values": "two-factors"}
    answer = sign_in(oauth, authenticator, browser, **wishes)

    assert claims_behind(oauth, answer)["acr"] == "two-factors"


def test_the_page_offers_a_recovery_code_beside_the_only_passkey(oauth, enrolling):
    browser, page = enrolling
    codes = recovery_codes_on(make_on(browser, page, Authenticator()))

    browser = oauth.browser()
    page = second_page(oauth, browser)

    assert 'value="verify-passkey"' in page.text
    assert 'value="verify-code"' not in page.text
    answer = submit(browser, page, "verify-recovery", codes[0])
    assert claims_behind(oauth, answer)["amr"] == ["pwd", "otp", "mfa"]


def test_codes_by_time_stay_the_fallback(oauth, session, sara):
    give_passkey(session, sara.person_id, Authenticator())
    secret = give_factor(session, sara.person_id)
    browser = oauth.browser()

    page = second_page(oauth, browser)

    assert claims_behind(oauth, submit(browser, page, "verify-code", code_at(secret)))


def test_only_a_page_that_asks_for_a_passkey_runs_a_script(oauth, session, sara):
    give_factor(session, sara.person_id)
    without = second_page(oauth, oauth.browser())
    give_passkey(session, sara.person_id, Authenticator())
    page = second_page(oauth, oauth.browser())

    assert "script" not in without.headers["Content-Security-Policy"]
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert page.text.count("<script") == 1
    assert '<script src="/assets/passkey.js" defer></script>' in page.text
    assert oauth.browser().get("/assets/passkey.js").status_code == 200


def test_a_person_adds_a_passkey_behind_a_code_and_sees_its_name(oauth, session, sara):
    secret, browser = give_factor(session, sara.person_id), oauth.browser()
    submit(browser, second_page(oauth, browser), "verify-code", code_at(secret))

    page = own_page(browser, "add-passkey", code=code_at(secret, 1))
    page = make_on(browser, page, Authenticator(), name=" <b>  هاتف ")

    assert page.status_code == 200
    assert "<bdi>&lt;b&gt; هاتف</bdi>" in page.text
    assert kinds(session) == ["passkey", "totp"]


def test_a_change_without_a_code_asks_for_a_passkey(oauth, session, sara):
    authenticator, other, browser = Authenticator(), Authenticator(), oauth.browser()
    give_passkey(session, sara.person_id, authenticator)
    sign_in(oauth, authenticator, browser)

    page = own_page(browser, "add-passkey")
    assert kinds(session) == ["passkey"]
    assert "<p data-without-passkey>يحتاج مفتاح المرور إلى JavaScript" in page.text
    page = submit(browser, page, "add-passkey", passkey=authenticator.show(asked_on(page)))
    page = make_on(browser, page, other)

    assert page.status_code == 200
    assert kinds(session) == ["passkey", "passkey"]
    page = own_page(browser, "new-codes")
    page = submit(browser, page, "new-codes", passkey=other.show(asked_on(page)))
    assert len(recovery_codes_on(page)) == 10


def test_a_passkey_is_removed_behind_another_one_and_not_behind_itself(oauth, session, sara):
    authenticator, other, browser = Authenticator(), Authenticator(), oauth.browser()
    factor_id = give_passkey(session, sara.person_id, authenticator)
    stays = give_passkey(session, sara.person_id, other)
    sign_in(oauth, authenticator, browser)
    action = f"remove:{factor_id}"

    page = own_page(browser, action)
    refused = submit(browser, page, action, passkey=authenticator.show(asked_on(page)))
    page = own_page(browser, action)
    done = submit(browser, page, action, passkey=other.show(asked_on(page)))

    assert (refused.status_code, done.status_code) == (403, 200)
    assert session.scalars(select(Factor.factor_id)).all() == [stays]
    assert browser.get("/factors").status_code == 403, "the sessions have ended"


def test_the_last_passkey_stays_while_a_factor_is_demanded(oauth, demanded, enrolling, session):
    browser, page = enrolling
    codes = recovery_codes_on(make_on(browser, page, Authenticator()))
    (factor_id,) = session.scalars(select(Factor.factor_id)).all()

    page = own_page(browser, f"remove:{factor_id}", code=codes[0])

    assert page.status_code == 403
    assert "هذه وسيلتكم الوحيدة" in page.text
    assert kinds(session) == ["passkey"]


def test_the_last_passkey_goes_with_its_recovery_codes_where_none_is_demanded(
    oauth, enrolling, session
):
    browser, page = enrolling
    codes = recovery_codes_on(make_on(browser, page, Authenticator()))
    (factor_id,) = session.scalars(select(Factor.factor_id)).all()

    assert own_page(browser, f"remove:{factor_id}", code=codes[0]).status_code == 200
    assert kinds(session) == []
    assert session.scalar(select(func.count()).select_from(RecoveryCode)) == 0


def test_a_person_has_ten_passkeys_at_most(oauth, session, sara):
    secret, browser = give_factor(session, sara.person_id), oauth.browser()
    for _ in range(PASSKEYS - 1):
        give_passkey(session, sara.person_id, Authenticator())
    submit(browser, second_page(oauth, browser), "verify-code", code_at(secret))
    page = own_page(browser, "add-passkey", code=code_at(secret, 1))
    give_passkey(session, sara.person_id, Authenticator())

    late = make_on(browser, page, Authenticator())

    assert late.status_code == 403
    assert "لحسابكم عشرة مفاتيح مرور" in late.text
    assert 'value="add-passkey"' not in own_page(browser).text
    assert "لحسابكم عشرة مفاتيح مرور" in own_page(browser, "add-passkey", code="000000").text


@pytest.mark.parametrize("name", ["", "   ", "a" * 41])
def test_a_passkey_without_a_name_is_a_fault_of_the_name(session, enrolling, name):
    browser, page = enrolling

    page = make_on(browser, page, Authenticator(), name=name)

    assert page.status_code == 403
    assert 'href="#passkey_name"' in page.text
    assert kinds(session) == []


def test_a_reset_by_two_administrators_removes_passkeys(oauth, session, client, two_admins, sara):
    authenticator, browser = Authenticator(), oauth.browser()
    give_passkey(session, sara.person_id, authenticator)
    page = second_page(oauth, browser)
    path = f"/v1/people/{sara.person_id}/factor-reset"
    first, second = two_admins

    assert client.post(path, json={"reason": "x"}, headers=first).status_code == 201
    assert client.post(f"{path}/confirm", headers=second).status_code == 200

    factors = session.scalars(select(Factor).where(Factor.person_id == sara.person_id)).all()
    assert factors == []
    assert show_on(browser, page, authenticator).status_code == 403


def test_administrators_see_the_kind_and_the_history_and_no_key(
    client, admin, oauth, session, enrolling, sara
):
    browser, page = enrolling
    make_on(browser, page, Authenticator())

    state = client.get(f"/v1/people/{sara.person_id}/factors", headers=admin).json()
    history = client.get(f"/v1/people/{sara.person_id}/history", headers=admin).json()["items"]

    assert [set(one) for one in state["items"]] == [{"kind", "created_at", "last_used_at"}]
    assert state["items"][0]["kind"] == "passkey"
    assert (history[-1]["action"], history[-1]["details"]) == ("enrol", {"kind": "passkey"})
