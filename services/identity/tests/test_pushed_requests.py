"""Pushed authorization requests (RFC 9126): who may push what, and who may open it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from identity.commands.authorization import open_request
from identity.domain.errors import OAuthRefusal

OTHER = "https://desk.electricity.example/other"
PASSWORD = "four palms by the sea"


def test_a_client_gets_a_reference_for_a_minute(oauth):
    answer = oauth.push()

    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json()) == {"request_uri", "expires_in"}
    assert answer.json()["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert len(answer.json()["request_uri"]) > 70
    assert answer.json()["expires_in"] == 60


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/callback"}, "invalid_request"),
        ({"redirect_uri": "https://desk.electricity.example/callback/"}, "invalid_request"),
        ({"redirect_uri": "https://desk.electricity.example/callback?x=1"}, "invalid_request"),
        ({"redirect_uri": "https://desk.electricity.example/Callback"}, "invalid_request"),
        (
            {"redirect_uri": "https://desk.electricity.example/callback/../callback"},
            "invalid_request",
        ),
        ({"redirect_uri": "https://desk.electricity.example:443/callback"}, "invalid_request"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "building-permits.read nothing"}, "invalid_scope"),
        ({"scope": "permits.issue"}, "invalid_scope"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"resource": "permits"}, "invalid_target"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"dpop_jkt": "short"}, "invalid_request"),
    ],
)
def test_what_could_not_be_answered_is_refused_where_the_client_hears_it(oauth, changes, error):
    answer = oauth.push(**changes)

    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert "Location" not in answer.headers


def test_only_an_authenticated_client_pushes_and_only_in_its_own_name(oauth):
    nobody = oauth.http.post("/par", data=oauth.request())
    another = oauth.push(by="water-desk")
    by_query = oauth.http.post("/par", params=oauth.request(), data=oauth.authenticated("portal"))

    assert (nobody.status_code, nobody.json()["error"]) == (401, "invalid_client")
    assert (another.status_code, another.json()["error"]) == (401, "invalid_client")
    assert by_query.status_code == 400


def test_a_machine_has_nothing_to_push(oauth):
    answer = oauth.push(client_id="tarout-feed")

    assert answer.json()["error"] == "invalid_request"  # it has no address to go back to


def test_a_parameter_pushed_twice_is_an_invalid_request(oauth):
    form = {**oauth.request(), **oauth.authenticated("electricity-desk")}

    answer = oauth.http.post("/par", data={**form, "redirect_uri": [form["redirect_uri"], OTHER]})

    assert answer.json()["error"] == "invalid_request"


def test_a_request_that_was_not_pushed_is_not_taken(oauth):
    answer = oauth.http.get("/authorize", params=oauth.request())

    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "beside",
    [
        {"redirect_uri": OTHER},
        {"scope": "gateway.status"},
        {"state": "mine"},
        {"response_type": "code"},
        {"code_challenge_method": "plain"},
        {"dpop_jkt": "x" * 43},
        {"request": "e30.e30."},
        {"prompt": "none"},
    ],
)
def test_nothing_is_taken_beside_the_reference(oauth, beside):
    reference = oauth.reference()
    browser = oauth.browser()

    by_query = browser.get("/authorize", params={**reference, **beside})
    page = browser.get("/authorize", params=reference)
    by_form = browser.post("/authorize", data={**oauth.form_of(page), **beside})

    for answer in (by_query, by_form):
        assert answer.status_code == 400
        assert "Location" not in answer.headers


def test_a_duplicated_parameter_redirects_nowhere(oauth):
    reference = oauth.reference()
    sent = [*reference.items(), ("client_id", "water-desk")]

    by_query = oauth.http.get("/authorize", params=sent)
    by_form = oauth.http.post(
        "/authorize", data={**reference, "client_id": ["electricity-desk", "water-desk"]}
    )

    for answer in (by_query, by_form):
        assert answer.status_code == 400
        assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "water-desk"},
        {"client_id": None},
        {"request_uri": None},
        {"request_uri": "urn:ietf:params:oauth:request_uri:nonsense"},
        {"request_uri": "https://evil.example/request"},
    ],
)
def test_a_reference_is_bound_to_its_client_and_cannot_be_made_up(oauth, changes):
    sent = {**oauth.reference(), **changes}

    answer = oauth.http.get("/authorize", params={k: v for k, v in sent.items() if v is not None})

    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_a_reference_is_answered_once(oauth):
    browser, reference = oauth.browser(), oauth.reference(ui_locales="ar")
    page = browser.get("/authorize", params=reference)
    form = {**oauth.form_of(page), "username": "sara", "password": PASSWORD}
    assert "code" in oauth.returned(browser.post("/authorize", data=form))

    again = browser.get("/authorize", params=reference, headers={"Accept-Language": "en"})

    assert again.status_code == 400
    assert "Location" not in again.headers
    assert "أنتم ما زلتم داخلين" in again.text
    assert 'href="https://desk.electricity.example"' in again.text


def test_cancelling_is_an_answer_too(oauth):
    browser, reference = oauth.browser(), oauth.reference()
    page = browser.get("/authorize", params=reference)
    form = {**oauth.form_of(page), "action": "cancel"}

    assert oauth.returned(browser.post("/authorize", data=form))["error"] == "access_denied"
    assert browser.post("/authorize", data=form).status_code == 400


def test_another_browser_cannot_go_on_with_it(oauth):
    """Neither can somebody sign a victim in to a request that he has begun himself."""
    mine, theirs, reference = oauth.browser(), oauth.browser(), oauth.reference()

    assert mine.get("/authorize", params=reference).status_code == 200
    assert theirs.get("/authorize", params=reference).status_code == 400
    assert mine.get("/authorize", params=reference).status_code == 200  # a reload


def test_a_reference_has_to_be_opened_within_a_minute_and_leaves_ten_for_signing_in(oauth, session):
    now = datetime.now(UTC)
    late, opened = oauth.reference(), oauth.reference()

    def opens(reference, after):
        client_id, request_uri = reference.values()
        try:
            open_request(
                session, request_uri, client_id, browser="b", now=now + timedelta(seconds=after)
            )
        except OAuthRefusal as refusal:
            return refusal.error
        return "open"

    assert opens(late, 61) == "invalid_request_uri"
    assert opens(opened, 55) == "open"
    assert opens(opened, 600) == "open"
    assert opens(opened, 656) == "invalid_request_uri"


def test_the_reference_is_stored_as_a_hash_only(oauth, session):
    reference = oauth.reference()["request_uri"]

    dump = session.scalar(text("SELECT json_agg(p)::text FROM pushed_request p"))

    assert reference.rpartition(":")[2] not in dump


def test_a_client_that_is_suspended_meanwhile_gets_no_answer(oauth, client, admin):
    reference = oauth.reference()
    client.post("/v1/clients/electricity-desk/suspend", json={"reason": "x"}, headers=admin)

    answer = oauth.browser().get("/authorize", params=reference)

    assert answer.status_code == 400


def test_a_scope_that_the_client_loses_meanwhile_is_told_to_it(oauth, client, admin):
    reference = oauth.reference()
    terms = {
        "name": {"ar": "س", "en": "x"},
        "redirect_uris": [oauth.request()["redirect_uri"]],
        "scopes": ["gateway.status"],
        "introspects": [],
    }
    assert client.put("/v1/clients/electricity-desk", json=terms, headers=admin).status_code == 200

    returned = oauth.returned(oauth.browser().get("/authorize", params=reference))

    assert (returned["error"], returned["state"]) == ("invalid_scope", "a&b=ج")
    assert returned["iss"] == "https://issuer.test"
