"""A process that has just started knows no key yet: its first requests wait for the issuer's answer."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from chassis.app import build
from chassis.auth import Jwks, KeysUnknown


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
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
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


def test_an_issuer_that_was_never_reached_is_not_held_against_the_caller(
    service, settings, database, token
):
    jwks = Jwks("http://127.0.0.1:1/jwks.json")
    with pytest.raises(KeysUnknown):
        jwks.current("test")

    app = build(service, settings, database, jwks=jwks)
    transport = httpx.WSGITransport(app=app.wsgi)
    with httpx.Client(transport=transport, base_url="http://service.test") as client:
        answer = client.get("/v1/things", headers=token("things.read"))

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
