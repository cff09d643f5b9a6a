"""A process that has just started knows no key yet: its first requests wait for the issuer's answer."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from sqlalchemy import text

from chassis.access.auth import Jwks, KeysUnknown
from chassis.access.kept_keys import KeptKeys
from chassis.data.db import Database
from chassis.process import Process
from chassis.run.web import build

EMPTY = {"keys": []}


class Issuer:
    """Answers /jwks.json when `let` is set, and counts."""

    def __init__(self, key):
        self.let, self.asked, self.fetches = threading.Event(), threading.Event(), 0
        body = json.dumps({"keys": [key.as_dict(private=False)]}).encode()
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.fetches += 1
                issuer.asked.set()
                issuer.let.wait(2)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks.json"

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def issuer(issuer_key):
    issuer = Issuer(issuer_key)
    yield issuer
    issuer.close()


def test_requests_that_come_while_the_keys_are_fetched_wait_for_them(issuer):
    jwks = Jwks(issuer.url)
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(jwks.current, "test")
        assert issuer.asked.wait(2)
        others = [pool.submit(jwks.current, "test") for _ in range(5)]
        issuer.let.set()
        found = [one.result(3) for one in (first, *others)]

    assert all([key.kid for key in keys.keys] == ["test"] for keys in found)
    assert issuer.fetches == 1


def test_old_keys_serve_on_while_one_request_asks_for_newer_ones(issuer):
    jwks = Jwks(issuer.url)
    issuer.let.set()
    jwks.current("test")
    issuer.let.clear()
    issuer.asked.clear()
    jwks._fetched_at -= 301
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(jwks.current, "test")
        assert issuer.asked.wait(2)

        assert [key.kid for key in jwks.current("test").keys] == ["test"]
        assert not slow.done()
        issuer.let.set()
        slow.result(3)


def test_a_dropped_key_stays_out_though_it_is_still_published(issuer):
    jwks = Jwks(issuer.url)
    issuer.let.set()
    jwks.current("test")

    jwks.drop(frozenset({"test"}))

    assert jwks.current("other").keys == []
    assert issuer.fetches == 2
    jwks.drop(frozenset({"test"}))
    jwks.current("other")
    assert issuer.fetches == 2


def test_a_process_that_starts_while_the_issuer_is_away_takes_the_keys_that_were_kept(
    issuer, database
):
    issuer.let.set()
    Jwks(issuer.url, KeptKeys(database, issuer.url)).current("test")
    issuer.close()

    anew = Jwks(issuer.url, KeptKeys(database, issuer.url))

    assert [key.kid for key in anew.current("test").keys] == ["test"]
    assert anew.at_hand()


def test_keys_of_another_address_or_older_than_two_days_are_not_taken(database, session):
    nowhere, elsewhere = "http://127.0.0.1:1/jwks.json", "http://127.0.0.1:2/jwks.json"
    KeptKeys(database, elsewhere).write(EMPTY)
    KeptKeys(database, nowhere).write(EMPTY)
    session.execute(text("UPDATE issuer_keys SET fetched_at = fetched_at - interval '49 h'"))
    session.commit()

    assert KeptKeys(database, nowhere).read() is None
    assert not Jwks(nowhere, KeptKeys(database, nowhere)).at_hand()
    KeptKeys(database, elsewhere).write(EMPTY)
    assert KeptKeys(database, elsewhere).read() == EMPTY


def test_keys_are_written_when_they_changed_and_once_an_hour(database, session):
    kept = KeptKeys(database, "https://issuer.test/jwks.json")

    def written(keys):
        before = session.scalar(text("SELECT max(xmin::text || ctid::text) FROM issuer_keys"))
        kept.write(keys)
        return before != session.scalar(
            text("SELECT max(xmin::text || ctid::text) FROM issuer_keys")
        )

    assert written(EMPTY)
    assert not written(EMPTY)
    assert written({"keys": [{"kid": "new"}]})
    session.execute(text("UPDATE issuer_keys SET fetched_at = fetched_at - interval '61 min'"))
    assert written({"keys": [{"kid": "new"}]})


def test_a_database_that_cannot_keep_keys_costs_no_request(issuer):
    issuer.let.set()
    gone = Database("postgresql+psycopg://nobody:x@127.0.0.1:1/none")
    jwks = Jwks(issuer.url, KeptKeys(gone, issuer.url))

    assert [key.kid for key in jwks.current("test").keys] == ["test"]
    gone.dispose()


def test_a_kept_key_that_was_revoked_opens_nothing(
    service, settings, database, session, issuer_key, token
):
    url = "http://127.0.0.1:1/jwks.json"
    KeptKeys(database, url).write({"keys": [issuer_key.as_dict(private=False)]})
    session.execute(
        text("INSERT INTO token_revocation VALUES ('key', 'test', '9999-12-30Z', '9999-12-30Z')")
    )
    session.commit()

    app = build(Process(service, settings, database), Jwks(url, KeptKeys(database, url))).app
    transport = httpx.WSGITransport(app=app.wsgi)
    with httpx.Client(transport=transport, base_url="http://service.test") as client:
        assert client.get("/v1/things", headers=token("things.read")).status_code == 401
    assert app.verifier.hindrance() == "keys"


def test_an_issuer_that_was_never_reached_is_not_held_against_the_caller(
    service, settings, database, token
):
    jwks = Jwks("http://127.0.0.1:1/jwks.json")
    with pytest.raises(KeysUnknown):
        jwks.current("test")

    app = build(Process(service, settings, database), jwks).app
    transport = httpx.WSGITransport(app=app.wsgi)
    with httpx.Client(transport=transport, base_url="http://service.test") as client:
        answer = client.get("/v1/things", headers=token("things.read"))

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
