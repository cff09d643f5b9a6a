"""Revocation and introspection: what ends a token before its time, who may ask about it, and who hears of it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from identity.commands import revocations
from identity.void_tokens import is_void


def revoked(oauth, token, client_id="tarout-feed", **form):
    return oauth.http.post(
        "/revoke", data={"token": token, **oauth.authenticated(client_id), **form}
    )


def test_a_client_gives_its_token_back(oauth, outbox_rows):
    token = oauth.machine_token().json()["access_token"]

    answer = revoked(oauth, token)

    assert (answer.status_code, answer.json()) == (200, {})
    assert oauth.introspect(token, "permits-service") == {"active": False}
    event = outbox_rows()[-1]
    assert event.topic == "identity.revocation"
    assert event.envelope["data"]["kind"] == "token"
    assert event.envelope["data"]["value"] == oauth.claims(token)["jti"]


def test_a_token_that_is_given_back_twice_is_published_once(oauth, outbox_rows):
    token = oauth.machine_token().json()["access_token"]

    revoked(oauth, token)
    revoked(oauth, token)

    assert len(outbox_rows()) == 1


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "something"])
def test_the_hint_is_only_a_hint(oauth, hint):
    token = oauth.machine_token().json()["access_token"]

    assert revoked(oauth, token, token_type_hint=hint).status_code == 200
    assert oauth.introspect(token, "permits-service") == {"active": False}


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "e30.e30.e30", "ص", "x" * 8_000])
def test_revoking_an_unknown_or_foreign_token_is_no_error(oauth, token):
    assert revoked(oauth, token).status_code == 200
    assert oauth.introspect(token) == {"active": False}


def test_no_client_gives_back_the_token_of_another(oauth):
    token = oauth.machine_token().json()["access_token"]

    answer = revoked(oauth, token, "gateway")

    assert answer.json()["error"] == "invalid_grant"
    assert oauth.introspect(token, "permits-service")["active"] is True


def test_the_token_is_needed_and_so_is_the_client(oauth):
    for path in ("/revoke", "/introspect"):
        nothing = oauth.http.post(path, data=oauth.authenticated("gateway"))
        nobody = oauth.http.post(path, data={"token": "x"})
        assert nothing.json()["error"] == "invalid_request"
        assert nobody.json()["error"] == "invalid_client"
        assert nobody.status_code == 401


def test_the_service_that_a_token_is_for_learns_all_about_it(oauth):
    token = oauth.staff_token()

    answer = oauth.introspect(token, "gateway")

    assert answer == {"active": True, "token_type": "Bearer", **oauth.claims(token)}


@pytest.mark.parametrize("client_id", ["permits-service", "tarout-feed", "electricity-desk"])
def test_introspection_by_another_client_reveals_nothing(oauth, client_id):
    assert oauth.introspect(oauth.staff_token(), client_id) == {"active": False}


def test_a_token_of_another_issuer_is_not_active(oauth, token):
    foreign = token("gateway.status", aud="partner-gateway")["Authorization"].removeprefix(
        "Bearer "
    )

    assert oauth.introspect(foreign) == {"active": False}


def test_a_client_assertion_is_no_access_token(oauth):
    assert oauth.introspect(oauth.assertion("gateway")) == {"active": False}


@pytest.mark.parametrize(
    ("kind", "claim"),
    [
        ("token", "jti"),
        ("session", "sid"),
        ("person", "sub"),
        ("client", "client_id"),
        ("organisation", "organisation"),
    ],
)
def test_an_administrator_voids_tokens_by_any_of_their_names(
    oauth, client, admin, outbox_rows, kind, claim
):
    token = oauth.staff_token()
    value = oauth.claims(token)[claim]

    answer = client.post(
        "/v1/revocations",
        json={"kind": kind, "value": value, "reason": "device lost"},
        headers=admin,
    )

    assert answer.status_code == 201
    assert answer.json()["recorded_by"] == "p_admin"
    assert oauth.introspect(token) == {"active": False}
    data = outbox_rows()[-1].envelope["data"]
    assert (data["kind"], data["value"]) == (kind, value)
    assert set(data) == {"revocation_id", "kind", "value", "not_before", "expires_at"}


@pytest.mark.parametrize("kind", ["session", "person", "organisation"])
def test_a_revoked_person_has_to_sign_in_again(oauth, client, admin, kind):
    browser = oauth.browser()
    claims = oauth.claims(oauth.staff_token(browser=browser))
    value = {"session": claims["sid"], "person": claims["sub"], "organisation": "electricity"}[kind]

    client.post(
        "/v1/revocations", json={"kind": kind, "value": value, "reason": "lost"}, headers=admin
    )

    assert browser.get("/authorize", params=oauth.reference()).status_code == 200


def test_a_revocation_leaves_other_tokens(oauth, client, admin):
    token = oauth.staff_token()

    client.post(
        "/v1/revocations",
        json={"kind": "client", "value": "water-desk", "reason": "x"},
        headers=admin,
    )

    assert oauth.introspect(token)["active"] is True


@pytest.mark.parametrize(
    "path",
    [
        "/v1/people/{sub}/suspend",
        "/v1/clients/electricity-desk/suspend",
        "/v1/organisations/electricity/suspend",
    ],
)
def test_suspending_voids_the_tokens_in_the_same_transaction(
    oauth, client, admin, outbox_rows, path
):
    token = oauth.staff_token()

    answer = client.post(path.format(**oauth.claims(token)), json={"reason": "left"}, headers=admin)

    assert answer.json()["status"] == "suspended"
    assert oauth.introspect(token) == {"active": False}
    assert outbox_rows()[-1].topic == "identity.revocation"


def test_suspending_a_municipality_voids_what_its_portal_had_for_people_of_others(
    oauth, client, other_admin, session
):
    callback = "https://portal.example/callback"
    portal = {"client_id": "portal", "redirect_uri": callback, "scope": "permits.read"}
    claims = oauth.claims(oauth.staff_token("tariq", **portal))

    client.post("/v1/organisations/qatif/suspend", json={"reason": "left"}, headers=other_admin)

    assert claims["organisation"] == "tarout"
    assert is_void(session, claims)


def test_a_person_who_is_reinstated_at_once_gets_a_valid_token(oauth, client, admin):
    sub = oauth.claims(oauth.staff_token())["sub"]
    client.post(f"/v1/people/{sub}/suspend", json={"reason": "by mistake"}, headers=admin)
    client.post(f"/v1/people/{sub}/reinstate", headers=admin)

    assert oauth.introspect(oauth.staff_token())["active"] is True


def test_a_new_password_ends_sessions_and_tokens(oauth, client, admin):
    browser = oauth.browser()
    token = oauth.staff_token(browser=browser)
    sub = oauth.claims(token)["sub"]

    client.put(
        f"/v1/people/{sub}/password", json={"password": "a quite different phrase"}, headers=admin
    )

    assert oauth.introspect(token) == {"active": False}
    assert oauth.sign_in("sara").status_code == 403
    assert oauth.sign_in("sara", "a quite different phrase").status_code == 303


def test_a_scope_taken_away_is_gone_from_tokens_as_well(oauth, client, admin):
    token = oauth.staff_token()
    sub = oauth.claims(token)["sub"]
    person = client.get(f"/v1/people/{sub}", headers=admin).json()
    terms = {name: person[name] for name in ("display_name", "role")}

    client.put(f"/v1/people/{sub}", json={**terms, "scopes": person["scopes"]}, headers=admin)
    assert oauth.introspect(token)["active"] is True
    client.put(f"/v1/people/{sub}", json={**terms, "scopes": ["gateway.status"]}, headers=admin)

    assert oauth.introspect(token) == {"active": False}
    assert oauth.returned(oauth.sign_in())["error"] == "access_denied"


class TestHeartbeat:
    """What tells every service until when it knows the revocations."""

    @pytest.fixture
    def beat(self, session, outbox_rows):
        """`beat()` → the heartbeats that a call of the chore published."""

        def once():
            before = len(outbox_rows())
            revocations.publish_heartbeat(session, datetime.now(UTC))
            session.commit()
            return outbox_rows()[before:]

        session.execute(text("UPDATE revocation_view SET complete_until = now() - interval '11 s'"))
        session.commit()
        return once

    def test_it_says_that_all_until_now_is_published(self, beat, session):
        (event,) = beat()

        assert event.type == "sa.gov.qatif.identity.revocation.confirmed.v1"
        assert event.topic == "identity.revocation"
        until = datetime.fromisoformat(event.envelope["data"]["complete_until"])
        assert until == session.scalar(text("SELECT now()"))

    def test_one_waits_at_a_time(self, beat):
        assert len(beat()) == 1
        assert beat() == []

    def test_it_comes_every_ten_seconds(self, beat, session):
        session.execute(text("UPDATE revocation_view SET complete_until = now() - interval '9 s'"))
        assert beat() == []

    def test_a_revocation_that_still_waits_to_be_published_is_not_said_to_be(
        self, beat, session, oauth, client, admin
    ):
        body = {"kind": "client", "value": "water-desk", "reason": "x"}
        client.post("/v1/revocations", json=body, headers=admin)
        session.execute(text("UPDATE outbox SET created_at = now() - interval '1 minute'"))
        assert beat() == []

        session.execute(text("UPDATE outbox SET created_at = now() - interval '0.5 s'"))
        (event,) = beat()
        until = datetime.fromisoformat(event.envelope["data"]["complete_until"])
        assert until == session.scalar(text("SELECT now() - interval '0.5 s'"))
