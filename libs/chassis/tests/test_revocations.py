"""What a service knows of revocations, and when it has to say that it doesn't know."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis.access import revocations
from chassis.access.auth import Jwks
from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.http import health
from chassis.process import Process
from chassis.run.web import build
from chassis.testing import plain_context


def event(data):
    return Received(
        id=new_id(), type="x", subject=new_id(), sequence=1, time=datetime.now(UTC), data=data
    )


def heard(session, at):
    revocations.confirm(plain_context(session), event({"complete_until": at.isoformat()}))
    session.commit()


@pytest.fixture
def client(service, settings, database, app, client, monkeypatch):
    """A client of an application that wants news every minute, as in the field."""
    monkeypatch.setattr(revocations, "REFRESH_SECONDS", -1.0)
    careful = type(settings)(**{**vars(settings), "revocation_staleness_seconds": 60.0})
    other = build(Process(service, careful, database), app.verifier._jwks).app
    with type(client)(
        transport=type(client._transport)(app=other.wsgi), base_url="http://service.test"
    ) as asking:
        yield asking


def test_after_a_minute_without_news_no_token_is_taken(client, token, session):
    session.execute(text("UPDATE revocation_view SET complete_until = now() - interval '61 s'"))
    session.commit()

    answer = client.get("/v1/things", headers=token("things.read"))

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json()["type"].endswith("/unavailable")


def test_news_open_the_door_again(client, token, session):
    session.execute(text("UPDATE revocation_view SET complete_until = now() - interval '61 s'"))
    session.commit()
    heard(session, datetime.now(UTC))

    assert client.get("/v1/things", headers=token("things.read")).status_code == 200


def test_old_news_that_are_caught_up_on_open_nothing_and_take_nothing_back(client, token, session):
    session.execute(text("UPDATE revocation_view SET complete_until = now() - interval '2 h'"))
    session.commit()
    heard(session, datetime.now(UTC) - timedelta(hours=1))
    behind = client.get("/v1/things", headers=token("things.read"))
    heard(session, datetime.now(UTC))
    heard(session, datetime.now(UTC) - timedelta(hours=1))

    assert behind.status_code == 503
    assert client.get("/v1/things", headers=token("things.read")).status_code == 200


def test_a_new_database_is_given_a_minute_before_the_first_news(session):
    assert session.scalar(text("SELECT now() - complete_until < '1 h' FROM revocation_view"))


def test_a_database_without_the_view_is_no_excuse(client, token, session):
    session.execute(text("DELETE FROM revocation_view"))
    session.commit()

    assert client.get("/v1/things", headers=token("things.read")).status_code == 503


def test_a_process_that_can_accept_no_token_is_not_ready_and_says_why(
    service, settings, database, app, session, monkeypatch
):
    monkeypatch.setattr(revocations, "REFRESH_SECONDS", -1.0)
    careful = type(settings)(**{**vars(settings), "revocation_staleness_seconds": 60.0})
    verifier = build(Process(service, careful, database), app.verifier._jwks).app.verifier
    nowhere = Jwks("http://127.0.0.1:1/jwks.json")
    keyless = build(Process(service, settings, database), nowhere).app.verifier

    session.execute(text("UPDATE revocation_view SET complete_until = now()"))
    session.commit()

    assert health.hindrance("sample", database, verifier) == ""
    session.execute(text("UPDATE revocation_view SET complete_until = now() - interval '61 s'"))
    session.commit()

    assert health.hindrance("sample", database, verifier) == "revocations"
    assert health.hindrance("sample", database, keyless) == "keys"
    assert health.hindrance("sample", database) == ""


def test_a_service_without_tokens_needs_neither_keys_nor_news(monkeypatch):
    assert contracts.has_secured_operations("sample")
    bare = deepcopy(contracts.openapi("sample"))
    monkeypatch.setattr(contracts, "openapi", lambda _service: bare)
    for path in bare["paths"].values():
        for operation in path.values():
            operation["security"] = []

    assert not contracts.has_secured_operations("sample")


def test_an_operation_without_a_token_is_answered_all_the_same(client, session):
    session.execute(text("UPDATE revocation_view SET complete_until = now() - interval '1 day'"))
    session.commit()

    assert client.get("/v1/open").status_code == 200
    assert client.get("/v1/things").status_code == 401


def test_a_revocation_outlives_the_restart_of_a_worker(
    service, settings, database, app, client, token, session
):
    revocations.record(
        plain_context(session),
        event(
            {
                "kind": "person",
                "value": "p_gone",
                "not_before": (datetime.now(UTC) + timedelta(seconds=2)).isoformat(),
                "expires_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
            }
        ),
    )
    session.commit()
    anew = build(Process(service, settings, database), app.verifier._jwks).app

    with type(client)(
        transport=type(client._transport)(app=anew.wsgi), base_url="http://service.test"
    ) as asking:
        headers = token("things.read", sub="p_gone")
        assert asking.get("/v1/things", headers=headers).status_code == 401
