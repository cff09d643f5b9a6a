"""The national login is away, slow or somebody else: who waits for it, and what is asked of it."""

from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from identity.commands.citizens import begin_journey
from identity.domain.citizens import NotVerified
from identity.outside.national_login import MOST_AT_ONCE, Away, NationalLogin


def test_employees_sign_in_while_the_national_login_is_away(fatima, oauth, national):
    callback = fatima.approve(fatima.leave())
    national.fail(status=503)
    assert fatima.come_back(callback).status_code == 503

    assert "code" in oauth.returned(oauth.sign_in())


@pytest.fixture
def asked_within(app, national, monkeypatch):
    """How many transactions were open at each request to the national login, of which nothing is known yet."""
    database, login = app.process.database, app.process.resources.national_login
    begin, ask = database.transaction, login._outgoing.send
    get = login._outgoing.get
    now_open, seen = [], []

    @contextmanager
    def transaction():
        with begin() as session:
            now_open.append(session)
            try:
                yield session
            finally:
                now_open.remove(session)

    def noting(function):
        def noted(*arguments, **named):
            seen.append(len(now_open))
            return function(*arguments, **named)

        return noted

    monkeypatch.setattr(database, "transaction", transaction)
    monkeypatch.setattr(login._outgoing, "send", noting(ask))
    monkeypatch.setattr(login._outgoing, "get", noting(get))
    for name in ("metadata", "keys"):
        fresh = type(login._metadata)(getattr(login, f"_fetch_{name}"), 3600.0)
        monkeypatch.setattr(login, f"_{name}", fresh)
    return seen


def test_no_transaction_waits_for_the_national_login(fatima, asked_within):
    address = fatima.leave()
    assert asked_within == [0]  # its metadata

    assert fatima.come_back(fatima.approve(address)).status_code == 303

    assert asked_within == [0, 0, 0]  # the token, the keys


def test_a_callback_is_used_up_although_the_national_login_did_not_answer(fatima, national):
    callback = fatima.approve(fatima.leave())
    national.fail(status=503)
    assert fatima.come_back(callback).status_code == 503
    national.fail()

    assert fatima.come_back(callback).status_code == 400


@pytest.fixture
def login(settings, national):
    """A client of the national login that has fetched nothing yet."""
    return NationalLogin(settings)


def journey_of(settings):
    return begin_journey(settings, datetime.now(UTC))


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://mallory.example"},
        {"token_endpoint": "https://mallory.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "http://127.0.0.1:9/jwks.json"},
        {"token_endpoint": None},
    ],
    ids=str,
)
def test_a_discovery_document_that_leads_elsewhere_is_not_followed(
    login, settings, national, monkeypatch, changed
):
    found = national.flow.metadata()
    monkeypatch.setattr(national.flow, "metadata", lambda: {**found, **changed})

    with pytest.raises(Away):
        login.address(journey_of(settings), "ar")


def test_no_more_than_a_few_requests_wait_for_the_national_login(login, settings):
    for _ in range(MOST_AT_ONCE):
        login._free.acquire()

    with pytest.raises(Away, match="busy"):
        login.address(journey_of(settings), "ar")


def test_after_a_failure_the_national_login_is_left_alone_for_a_moment(
    login, settings, national, monkeypatch
):
    monkeypatch.setattr("identity.outside.national_login.REST_SECONDS", 60.0)
    national.fail(status=500)
    with pytest.raises(Away, match="malformed"):
        login.address(journey_of(settings), "ar")
    national.fail()

    with pytest.raises(Away, match="resting"):
        login.address(journey_of(settings), "ar")


def test_a_new_key_of_the_national_login_is_fetched_and_an_unknown_one_is_asked_for_once_in_a_while(
    login, monkeypatch, national
):
    login._keys.get()
    asked = []
    fetch = national.flow.jwks
    monkeypatch.setattr(national.flow, "jwks", lambda: asked.append(1) or fetch())
    for _ in range(5):
        with pytest.raises(NotVerified, match="unknown key"):
            login._keys_with("mallory")

    assert asked == []  # the set at hand is seconds old
