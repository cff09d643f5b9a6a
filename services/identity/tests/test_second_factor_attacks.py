"""Orders in which an attacker may use the second step, and changes while a sign-in is under way."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from chassis.core.actors import SystemActor
from chassis.data.unit_of_work import UnitOfWork
from identity.commands import second_steps, sessions
from identity.commands.organisations import set_password
from identity.commands.sessions import NewSession, SecondStepAhead
from identity.models import Factor, Person, SecondStep

from .factors import code_at, give_factor, key_on, recovery_codes_on, second_page, submit
from .oauth_clients import PASSWORD
from .test_concurrency import together

COOKIE = "__Host-identity"


@pytest.fixture
def people(session, oauth):
    """The people of the electricity company and of the municipality, by username."""
    return {one.username: one for one in session.scalars(select(Person))}


@pytest.fixture
def secret(session, people):
    return give_factor(session, people["sara"].person_id)


@pytest.fixture
def new_code(client, admin):
    def make(person):
        answer = client.post(f"/v1/people/{person.person_id}/enrolment-code", headers=admin)
        return answer.json()["code"]

    return make


def is_session(answer):
    return answer.status_code == 303 and "code=" in answer.headers["Location"]


def test_a_code_is_not_used_twice(oauth, secret):
    code = code_at(secret)
    browsers = [oauth.browser(), oauth.browser()]

    answers = [submit(one, second_page(oauth, one), "verify-code", code) for one in browsers]

    assert [is_session(one) for one in answers] == [True, False]


def test_the_code_of_another_person_is_wrong(oauth, session, people, secret):
    other = give_factor(session, people["walid"].person_id)
    browser = oauth.browser()

    assert not is_session(
        submit(browser, second_page(oauth, browser), "verify-code", code_at(other))
    )


def test_a_browser_that_gave_two_passwords_continues_for_the_last_one_only(
    oauth, session, people, secret
):
    """Else the password of one person and the code of another would open a session."""
    give_factor(session, people["walid"].person_id)
    browser = oauth.browser()
    first = second_page(oauth, browser)
    client = {"client_id": "water-desk", "redirect_uri": "https://desk.water.example/callback"}
    second = second_page(oauth, browser, "walid", **client)

    assert not is_session(submit(browser, first, "verify-code", code_at(secret)))
    assert not is_session(submit(browser, second, "verify-code", code_at(secret)))


def test_the_second_step_has_another_secret_than_the_browser_had_before(oauth, secret):
    """Who planted a cookie, or saw it, doesn't go on with the person's password."""
    browser, planted = oauth.browser(), oauth.browser()
    browser.get("/authorize", params=oauth.reference())
    before = browser.cookies[COOKIE]
    planted.cookies.set(COOKIE, before)
    page = second_page(oauth, browser)
    between = browser.cookies[COOKIE]

    answer = submit(planted, page, "verify-code", code_at(secret))

    assert not is_session(answer)
    assert is_session(submit(browser, page, "verify-code", code_at(secret)))
    assert len({before, between, browser.cookies[COOKIE]}) == 3


def test_the_second_step_without_the_first_opens_nothing(oauth, secret):
    browser = oauth.browser()
    page = browser.get("/authorize", params=oauth.reference())

    for action in ("verify-code", "verify-recovery", "enrol", "confirm-factor", "continue"):
        answer = submit(browser, page, action, code_at(secret))
        assert (answer.status_code, "code=" in answer.text) == (403, False)


def test_a_second_step_belongs_to_its_request(oauth, secret):
    browser = oauth.browser()
    second_page(oauth, browser)
    other = browser.get("/authorize", params=oauth.reference())

    assert not is_session(submit(browser, other, "verify-code", code_at(secret)))


@pytest.mark.parametrize("change", ["password", "suspend", "reset"])
def test_what_ends_sessions_ends_a_second_step_under_way(
    oauth, client, two_admins, admin, people, secret, change
):
    browser = oauth.browser()
    page = second_page(oauth, browser)
    path = f"/v1/people/{people['sara'].person_id}"

    if change == "password":
        body = {"password": "a new long phrase"}
        assert client.put(f"{path}/password", json=body, headers=admin).status_code == 200
    if change == "suspend":
        client.post(f"{path}/suspend", json={"reason": "x"}, headers=admin)
        client.post(f"{path}/reinstate", headers=admin)
    if change == "reset":
        first, second = two_admins
        client.post(f"{path}/factor-reset", json={"reason": "x"}, headers=first)
        client.post(f"{path}/factor-reset/confirm", headers=second)

    assert not is_session(submit(browser, page, "verify-code", code_at(secret)))


def test_a_suspended_person_gets_no_session_by_a_code(oauth, session, people, secret):
    browser = oauth.browser()
    page = second_page(oauth, browser)
    session.execute(text("UPDATE person SET status = 'suspended' WHERE username = 'sara'"))

    assert not is_session(submit(browser, page, "verify-code", code_at(secret)))


def test_the_removal_of_factors_ends_the_sessions_that_they_opened(
    oauth, client, two_admins, people, secret
):
    browser = oauth.browser()
    submit(browser, second_page(oauth, browser), "verify-code", code_at(secret))
    assert browser.get("/authorize", params=oauth.reference()).status_code == 303

    path = f"/v1/people/{people['sara'].person_id}/factor-reset"
    first, second = two_admins
    client.post(path, json={"reason": "x"}, headers=first)
    client.post(f"{path}/confirm", headers=second)

    assert browser.get("/authorize", params=oauth.reference()).status_code == 200


def test_guesses_count_for_the_person_from_every_address(oauth, secret):
    """Five wrong codes end the step and make every further try wait, also with the right code."""
    browser = oauth.browser()
    page = second_page(oauth, browser)
    answers = [submit(browser, page, "verify-code", "000000") for _ in range(5)]
    assert all(one.status_code == 403 for one in answers)

    elsewhere = oauth.browser()
    elsewhere.headers["X-Forwarded-For"] = "198.51.100.7"
    page = second_page(oauth, elsewhere)
    answer = submit(elsewhere, page, "verify-code", code_at(secret))

    assert not is_session(answer)
    assert "انتظروا ربع ساعة" in answer.text


def test_a_right_code_is_not_told_from_a_wrong_one_while_one_waits(oauth, secret):
    browser = oauth.browser()
    for _ in range(5):
        submit(browser, second_page(oauth, browser), "verify-code", "000000")

    texts = {
        submit(browser, second_page(oauth, browser), "verify-code", code).status_code
        for code in ("000000", code_at(secret))
    }

    assert texts == {403}


def test_a_wrong_password_says_nothing_of_a_factor(oauth, secret):
    with_factor = oauth.sign_in("sara", "not the password")
    without = oauth.sign_in("rawan", "not the password")

    assert with_factor.status_code == without.status_code == 403
    assert 'name="code"' not in with_factor.text


def test_a_stolen_password_enrols_nothing(oauth, session, demanded):
    browser = oauth.browser()
    page = oauth.sign_in(browser=browser)

    for code in ("", "abcd-efgh-jkmn-pqrs"):
        answer = submit(browser, page, "enrol", code)
        assert answer.status_code == 403
        assert "otpauth" not in answer.text
    assert not is_session(submit(browser, page, "confirm-factor", "000000"))
    assert session.scalars(select(Factor)).all() == []


def test_an_enrolment_code_ends_with_five_wrong_tries(oauth, people, demanded, new_code):
    code = new_code(people["sara"])
    browser = oauth.browser()
    page = oauth.sign_in(browser=browser)
    for _ in range(5):
        submit(browser, page, "enrol", "abcd-efgh-jkmn-pqrs")

    assert submit(browser, page, "enrol", code).status_code == 403


def test_an_enrolment_code_ends_after_its_day(oauth, people, session, demanded, new_code):
    code = new_code(people["sara"])
    session.execute(text("UPDATE enrolment_code SET expires_at = now() - interval '1 second'"))
    browser = oauth.browser()

    assert submit(browser, oauth.sign_in(browser=browser), "enrol", code).status_code == 403


def test_an_enrolment_code_is_for_its_person(oauth, people, demanded, new_code):
    code = new_code(people["walid"])
    browser = oauth.browser()

    assert submit(browser, oauth.sign_in(browser=browser), "enrol", code).status_code == 403


def test_an_enrolment_code_enrols_once(oauth, people, session, demanded, new_code):
    """Two browsers with password and code: the second one enrols nothing, also when it was first at the page."""
    code = new_code(people["sara"])
    browsers = [oauth.browser(), oauth.browser()]
    pages = [submit(one, oauth.sign_in(browser=one), "enrol", code) for one in browsers]
    keys = [key_on(one) for one in pages]

    answers = [
        submit(browser, page, "confirm-factor", code_at(key))
        for browser, page, key in zip(browsers, pages, keys, strict=True)
    ]

    assert [len(recovery_codes_on(one)) for one in answers] == [10, 0]
    assert [one.secret for one in session.scalars(select(Factor))] == [keys[0]]


def test_a_new_enrolment_code_ends_what_an_earlier_one_began(oauth, people, demanded, new_code):
    code = new_code(people["sara"])
    browser = oauth.browser()
    page = submit(browser, oauth.sign_in(browser=browser), "enrol", code)
    new_code(people["sara"])

    answer = submit(browser, page, "confirm-factor", code_at(key_on(page)))

    assert recovery_codes_on(answer) == []


def test_one_person_removes_no_factor_of_another(oauth, session, people, secret):
    other = give_factor(session, people["walid"].person_id)
    browser = oauth.browser()
    submit(browser, second_page(oauth, browser), "verify-code", code_at(secret))

    submit(browser, browser.get("/factors"), f"remove:f-{other}", code_at(secret, 1))

    assert len(session.scalars(select(Factor)).all()) == 2


def test_of_two_simultaneous_uses_of_one_code_one_opens_a_session(swept, settings):
    now = datetime.now(UTC)
    with swept.transaction() as session:
        person = session.scalar(select(Person).where(Person.username == "sara"))
        secret, person_id = give_factor(session, person.person_id), person.person_id
        for browser in ("first", "second"):
            second_steps.begin_step(session, person_id, browser=browser, request_hash=b"r", now=now)
    code = code_at(secret)

    def use(number):
        with swept.transaction() as session:
            step = second_steps.find_step(session, ("first", "second")[number], b"r", now)
            return second_steps.finish_with_code(
                session, settings, step, code, is_recovery=False, now=now
            )

    found = together(2, use)
    assert sum(isinstance(one, NewSession) for one in found) == 1


def test_a_password_that_changes_while_the_code_is_checked_wins(swept, settings):
    now = datetime.now(UTC)
    with swept.transaction() as session:
        person = session.scalar(select(Person).where(Person.username == "sara"))
        secret, person_id = give_factor(session, person.person_id), person.person_id
        second_steps.begin_step(session, person_id, browser="first", request_hash=b"r", now=now)

    with swept.transaction() as late:
        step = second_steps.find_step(late, "first", b"r", now)
        with swept.transaction() as session:
            # An administrator whose request began before the code came.
            work = UnitOfWork(session, SystemActor("p_admin", "test"), datetime.now(UTC))
            set_password(work, person_id, password=PASSWORD)
        answer = second_steps.finish_with_code(
            late, settings, step, code_at(secret), is_recovery=False, now=datetime.now(UTC)
        )

    assert answer == second_steps.EXPIRED


@pytest.fixture
def swept(real_database, register):
    """The committed register, cleared of what a test adds."""
    yield real_database
    with real_database.transaction() as session:
        session.execute(
            text(
                "TRUNCATE factor, second_step, enrolment_code, recovery_code, sign_in_session, failed_sign_in,"
                " revocation, token_revocation, outbox CASCADE"
            )
        )


def test_a_right_password_leads_no_further_than_the_second_step(session, settings, people, secret):
    found = sessions.sign_in(
        session,
        settings,
        username="sara",
        password=PASSWORD,
        source="192.0.2.1",
        now=datetime.now(UTC),
    )

    assert isinstance(found, SecondStepAhead)
    assert session.scalars(select(SecondStep)).all() == []
