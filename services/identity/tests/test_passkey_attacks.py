"""What a passkey mustn't open: other sites, old challenges, other people, copies, and keys without their user."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from fido2.cose import ES384, CoseKey
from fido2.webauthn import AttestedCredentialData
from sqlalchemy import select, text

from chassis.data.aggregates import JournalEntry
from identity.commands import passkeys, second_steps
from identity.commands.sessions import NewSession
from identity.models import Factor, Person, SecondStep

from .factors import give_factor, recovery_codes_on, second_page, submit
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
from .test_concurrency import together, wait_for_a_lock

REFUSED = "لم يُقبل مفتاح المرور"
# What an answer says instead of the truth.
LIES = {
    "another site's page": {"origin": "https://issuer.test.evil.example"},
    "a page below the domain": {"origin": "https://www.issuer.test"},
    "the page without TLS": {"origin": "http://issuer.test"},
    "the page at another port": {"origin": "https://issuer.test:8443"},
    "another domain": {"domain": "evil.example"},
    "another challenge": {"challenge": b"c" * 32},
    "no user verification": {"flags": PRESENT},
    "no user": {"flags": VERIFIED},
    "the other ceremony": {"kind": "webauthn.payment"},
    "a frame in another site": {"is_framed": True},
}


@pytest.fixture
def people(session, oauth):
    return {one.username: one for one in session.scalars(select(Person))}


@pytest.fixture
def key(session, people):
    """Sara's authenticator."""
    authenticator = Authenticator()
    give_passkey(session, people["sara"].person_id, authenticator)
    return authenticator


@pytest.fixture
def enrolling(oauth, client, admin, people):
    """A browser at the page of Sara's first factor."""
    path = f"/v1/people/{people['sara'].person_id}/enrolment-code"
    code = client.post(path, headers=admin).json()["code"]
    browser = oauth.browser()
    return browser, submit(browser, oauth.sign_in(browser=browser), "enrol", code)


def is_session(answer):
    return answer.status_code == 303 and "code=" in answer.headers["Location"]


def passkeys_kept(session):
    return session.scalars(select(Factor).where(Factor.kind == "passkey")).all()


@pytest.mark.parametrize("lie", LIES)
def test_a_passkey_counts_only_here_now_and_with_its_user(oauth, key, lie):
    browser = oauth.browser()

    answer = show_on(browser, second_page(oauth, browser), key, **LIES[lie])

    assert not is_session(answer)
    assert REFUSED in answer.text
    assert is_session(show_on(browser, answer, key)), "the next try is a new one"


@pytest.mark.parametrize("lie", LIES)
def test_a_passkey_is_made_only_here_now_and_with_its_user(session, enrolling, lie):
    browser, page = enrolling

    answer = make_on(browser, page, Authenticator(), **LIES[lie])

    assert REFUSED in answer.text
    assert passkeys_kept(session) == []


def test_an_answer_counts_once_and_in_its_own_step(oauth, session, key):
    browser, other = oauth.browser(), oauth.browser()
    page, other_page = second_page(oauth, browser), second_page(oauth, other)
    answer = key.show(asked_on(page))

    elsewhere = submit(other, other_page, "verify-passkey", passkey=answer)
    first = submit(browser, page, "verify-passkey", passkey=answer)
    third = oauth.browser()
    again = submit(third, second_page(oauth, third), "verify-passkey", passkey=answer)

    assert [is_session(one) for one in (elsewhere, first, again)] == [False, True, False]


def test_a_wrong_answer_takes_the_challenge_too(oauth, key):
    browser = oauth.browser()
    page = second_page(oauth, browser)
    right = key.show(asked_on(page))

    assert not is_session(show_on(browser, page, key, flags=PRESENT))

    assert not is_session(submit(browser, page, "verify-passkey", passkey=right))


def test_the_passkey_of_another_person_is_refused(oauth, session, people, key):
    other = Authenticator()
    give_passkey(session, people["walid"].person_id, other)
    browser = oauth.browser()
    page = second_page(oauth, browser)

    answer = show_on(browser, page, other)
    borrowed = show_on(browser, answer, other, credential_id=key.credential_id)
    handle = people["walid"].person_id.encode()

    assert not is_session(answer)
    assert not is_session(borrowed), "the signature is of another key"
    assert not is_session(show_on(browser, borrowed, key, user_handle=handle))


def test_a_counter_that_goes_back_is_refused_and_stands_in_the_history(oauth, session, key):
    for _ in range(2):
        assert is_session(sign_in(oauth, key))

    browser = oauth.browser()
    page = second_page(oauth, browser)
    for counter in (2, 1, 0):
        page = show_on(browser, page, key, counter=counter)
        assert REFUSED in page.text

    refusals = session.scalars(select(JournalEntry).where(JournalEntry.action == "refuse_passkey"))
    assert [one.details for one in refusals] == [
        {"last_counter": 2, "shown_counter": counter} for counter in (2, 1, 0)
    ]
    assert is_session(show_on(browser, page, key))


def test_a_key_of_hardware_does_not_become_a_synced_one(oauth, key):
    browser = oauth.browser()

    answer = show_on(browser, second_page(oauth, browser), key, flags=PRESENT | VERIFIED | SYNCED)

    assert not is_session(answer)


# Answers that no browser gives.
BROKEN = [
    *("", "{}", "[]", "null", "nonsense", "[" * 4000, "{" * 4000, '{"id":1,"rawId":1}'),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}),
    json.dumps(
        {
            "id": "AA",
            "rawId": "AA",
            "type": "public-key",
            "response": {
                "clientDataJSON": "e30",
                "authenticatorData": "AA",
                "signature": "AA",
                "attestationObject": "gYGB" * 1500,
            },
        }
    ),
]
by_broken_answer = pytest.mark.parametrize("answer", BROKEN, ids=range(len(BROKEN)))


@by_broken_answer
def test_a_broken_answer_is_refused_and_counts_as_a_try(oauth, session, key, answer):
    browser = oauth.browser()

    page = submit(browser, second_page(oauth, browser), "verify-passkey", passkey=answer)

    assert page.status_code == 403
    assert REFUSED in page.text
    assert session.scalar(select(SecondStep.failures).where(SecondStep.failures > 0)) == 1


@by_broken_answer
def test_a_broken_answer_makes_no_passkey(session, enrolling, answer):
    browser, page = enrolling

    page = submit(browser, page, "confirm-passkey", passkey=answer, passkey_name="x")

    assert page.status_code == 403
    assert passkeys_kept(session) == []


def test_five_wrong_passkeys_end_the_step_and_make_every_factor_wait(oauth, key):
    browser = oauth.browser()
    page = second_page(oauth, browser)
    for _ in range(5):
        page = show_on(browser, page, key, flags=PRESENT) if "options" in page.text else page
    assert 'type="password"' in page.text, "the step is over"

    elsewhere = oauth.browser()
    elsewhere.headers["X-Forwarded-For"] = "198.51.100.7"
    answer = show_on(elsewhere, second_page(oauth, elsewhere), key)

    assert not is_session(answer)
    assert "انتظروا ربع ساعة" in answer.text


def test_the_password_alone_makes_no_passkey(oauth, session, people):
    session.execute(text("UPDATE organisation SET second_factor = 'demanded'"))
    browser, authenticator = oauth.browser(), Authenticator()
    page = oauth.sign_in(browser=browser)
    options = {"rp": {"id": "issuer.test"}, "challenge": "AAAA"}

    made = authenticator.make(options)
    answer = submit(browser, page, "confirm-passkey", passkey=made, passkey_name="x")

    assert answer.status_code == 403
    assert passkeys_kept(session) == []


def test_an_open_session_alone_makes_no_passkey(oauth, session, people):
    """Nor the form of the last step, without the first step's proof."""
    authenticator, mine, browser = Authenticator(), Authenticator(), oauth.browser()
    give_passkey(session, people["sara"].person_id, authenticator)
    sign_in(oauth, authenticator, browser)

    page = submit(browser, browser.get("/factors"), "add-passkey")
    asked = {"rp": {"id": "issuer.test"}, "challenge": asked_on(page)["challenge"]}
    answer = submit(browser, page, "confirm-passkey", passkey=mine.make(asked), passkey_name="x")

    assert answer.status_code == 403
    assert len(passkeys_kept(session)) == 1


def test_a_passkey_belongs_to_one_person(oauth, session, people, enrolling):
    authenticator = Authenticator()
    give_passkey(session, people["walid"].person_id, authenticator)
    browser, page = enrolling

    answer = make_on(browser, page, authenticator)

    assert REFUSED in answer.text
    assert len(passkeys_kept(session)) == 1


@pytest.mark.parametrize(
    "public_key",
    [
        ES384({1: 2, 3: -35, -1: 2, -2: b"x" * 48, -3: b"y" * 48}),
        CoseKey({1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32}),
        CoseKey({1: 2, 3: -65535}),
    ],
    ids=["another algorithm", "no point of the curve", "an unknown algorithm"],
)
def test_a_key_that_was_not_asked_for_or_is_none_is_refused(session, enrolling, public_key):
    authenticator = Authenticator()
    browser, page = enrolling
    credential = b"\0" * 16 + b"\0\x10" + authenticator.credential_id
    credential += AttestedCredentialData.create(b"\0" * 16, b"i", public_key)[19:]

    answer = make_on(browser, page, authenticator, credential=credential)

    assert REFUSED in answer.text
    assert passkeys_kept(session) == []


def test_two_enrolments_with_one_code_make_one_passkey(oauth, session, client, admin, people):
    path = f"/v1/people/{people['sara'].person_id}/enrolment-code"
    code = client.post(path, headers=admin).json()["code"]
    browsers = [oauth.browser(), oauth.browser()]
    pages = [submit(one, oauth.sign_in(browser=one), "enrol", code) for one in browsers]

    answers = [
        make_on(browser, page, Authenticator())
        for browser, page in zip(browsers, pages, strict=True)
    ]

    assert [len(recovery_codes_on(one)) for one in answers] == [10, 0]
    assert len(passkeys_kept(session)) == 1


def test_a_person_without_a_passkey_has_none_to_show(oauth, session, people):
    give_factor(session, people["sara"].person_id)
    browser = oauth.browser()
    page = second_page(oauth, browser)

    answer = Authenticator().show({"rpId": "issuer.test", "challenge": "AAAA"})

    assert not is_session(submit(browser, page, "verify-passkey", passkey=answer))
    assert "data-passkey" not in page.text


def test_of_two_simultaneous_uses_of_one_answer_one_opens_a_session(swept, settings):
    now, authenticator = datetime.now(UTC), Authenticator(step=0)
    with swept.transaction() as session:
        person_id = session.scalar(select(Person.person_id).where(Person.username == "sara"))
        give_passkey(session, person_id, authenticator)
        step = second_steps.begin_step(
            session, person_id, browser="first", request_hash=b"r", now=now
        )
        asked = json.loads(passkeys.ask_to_show(session, settings, step))
    answer = authenticator.show(asked)

    def use(_number):
        with swept.transaction() as session:
            step = second_steps.find_step(session, "first", b"r", now)
            if step is None:
                return None
            proof = passkeys.proof_of(session, settings, step, answer, now)
            return second_steps.finish_step(session, settings, step, proof, now)

    assert sum(isinstance(one, NewSession) for one in together(2, use)) == 1


def test_of_two_simultaneous_clicks_on_a_change_the_later_asks_anew(swept):
    now = datetime.now(UTC)
    with swept.transaction() as session:
        person_id = session.scalar(select(Person.person_id).where(Person.username == "sara"))

    def click(session):
        return second_steps.begin_proof(
            session, person_id, browser="one browser", about=b"own factors", now=now
        )

    def click_again():
        with swept.transaction() as session:
            return click(session) is not None

    with ThreadPoolExecutor(1) as pool:
        with swept.transaction() as first:
            click(first)
            second = pool.submit(click_again)
            wait_for_a_lock(swept)
        assert second.result()
    with swept.transaction() as session:
        assert len(session.scalars(select(SecondStep)).all()) == 1


@pytest.fixture
def swept(real_database, register):
    """The committed register, cleared of what a test adds."""
    yield real_database
    with real_database.transaction() as session:
        session.execute(
            text("TRUNCATE factor, second_step, sign_in_session, failed_sign_in, outbox CASCADE")
        )
