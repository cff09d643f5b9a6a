"""No private address is asked, however it's written, and nothing is asked for ever."""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from reaching import settings

from chassis.core import outgoing
from chassis.core.outgoing import (
    Forbidden,
    Limit,
    NoAnswer,
    NotSent,
    Outgoing,
    OutgoingSettings,
)

PUBLIC = "93.184.215.14"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SHORT = Limit(seconds=0.3, most_bytes=1_000)


class Server:
    """A server on 127.0.0.1 that answers each connection with the next of its answers and notes what it was sent.
    None: it says nothing."""

    def __init__(self, *answers: bytes | None) -> None:
        self.asked: list[bytes] = []
        self._answers = answers
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        for answer in self._answers:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.asked.append(_request(connection))
            if answer is None:
                self._open.append(connection)
                continue
            connection.sendall(answer)
            connection.close()

    def close(self) -> None:
        for one in (*self._open, self._listener):
            one.close()


def _request(connection: socket.socket) -> bytes:
    """The head and, where there's a length, the body."""
    got = b""
    while b"\r\n\r\n" not in got and (piece := connection.recv(65_536)):
        got += piece
    length = re.search(rb"Content-Length: (\d+)", got)
    while length and len(got.partition(b"\r\n\r\n")[2]) < int(length[1]):
        got += connection.recv(65_536)
    return got


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def serve(*answers: bytes | None) -> Server:
        made.append(Server(*answers))
        return made[-1]

    yield serve
    for one in made:
        one.close()


def letting_through(*servers: Server, **own: Any) -> Outgoing:
    hosts = ",".join(f"127.0.0.1:{one.port}" for one in servers)
    return Outgoing(settings(outgoing_private_hosts=hosts, **own))


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """Name → the answers of the name server, one after the other; the last is repeated. Others are asked as ever."""
    answers: dict[str, list[list[str]]] = {}
    really = socket.getaddrinfo

    def look_up(host: str, port: int, *args: Any, **how: Any) -> Any:
        if host not in answers:
            return really(host, port, *args, **how)
        found = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(outgoing.socket, "getaddrinfo", look_up)
    return answers


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "localhost.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0",
        "[::1]", "[::ffff:127.0.0.1]", "[::]",
    ],
)  # fmt: skip
def test_no_spelling_of_a_private_address_is_asked(host: str, serve: Any) -> None:
    server = serve(OK)
    client = Outgoing(settings(outgoing_http=True))

    with pytest.raises(NotSent) as refused:
        client.get(f"http://{host}:{server.port}/")

    assert refused.value.code in {"private", "unresolved"}
    assert server.asked == []


def test_a_name_of_our_own_network_is_refused_as_one_that_is_none(names: Any) -> None:
    names["mixed.test"] = [[PUBLIC, "127.0.0.1"]]
    names["database.internal"] = [["10.0.0.5"]]
    names["nobody.internal"] = [[]]

    told = []
    for name in ("mixed.test", "database.internal", "nobody.internal"):
        with pytest.raises(NotSent) as refused:
            Outgoing(settings()).get(f"https://{name}/")
        told.append((type(refused.value), str(refused.value), refused.value.code))

    assert told == [(NotSent, "unresolved", "unresolved")] * 3


def test_a_second_answer_of_the_name_server_changes_nothing(
    names: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    names["rebinding.test"] = [[PUBLIC], ["127.0.0.1"]]
    asked: list[Any] = []

    def connect(address: Any, **_how: Any) -> Any:
        asked.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(outgoing.socket, "create_connection", connect)

    with pytest.raises(NotSent):
        Outgoing(settings(outgoing_http=True)).get("http://rebinding.test/")

    assert asked == [(PUBLIC, 80)]
    assert len(names["rebinding.test"]) == 1  # it was asked once


def test_a_named_stand_in_is_asked_and_another_port_beside_it_is_not(serve: Any) -> None:
    server, other = serve(OK), serve(OK)
    client = letting_through(server)

    answer = client.get(f"http://127.0.0.1:{server.port}/a?b=ج", headers={"X-Key": "1"})

    assert (answer.status, answer.body) == (200, b"ok")
    head = server.asked[0].decode()
    assert head.startswith("GET /a?b=%D8%AC HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}\r\n" in head
    assert "X-Key: 1" in head
    with pytest.raises(Forbidden):
        client.get(f"http://127.0.0.1:{other.port}/")
    assert other.asked == []


def test_a_redirect_to_a_private_address_is_not_followed(serve: Any) -> None:
    hidden = serve(OK)
    place = f"http://127.0.0.1:{hidden.port}/".encode()
    server = serve(b"HTTP/1.1 302 Found\r\nLocation: " + place + b"\r\nContent-Length: 0\r\n\r\n")

    with pytest.raises(Forbidden):
        letting_through(server, outgoing_http=True).get(f"http://127.0.0.1:{server.port}/")

    assert hidden.asked == []


def test_three_redirects_are_followed_and_a_fourth_is_not(serve: Any) -> None:
    again = b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n"
    patient, endless = serve(again, again, again, OK), serve(again, again, again, again, OK)

    answer = letting_through(patient).get(f"http://127.0.0.1:{patient.port}/")
    with pytest.raises(Forbidden) as refused:
        letting_through(endless).get(f"http://127.0.0.1:{endless.port}/")

    assert (answer.body, answer.url) == (b"ok", f"http://127.0.0.1:{patient.port}/next")
    assert refused.value.code == "redirects"


def test_another_host_does_not_get_the_headers_of_a_redirected_request(serve: Any) -> None:
    other = serve(OK)
    place = f"http://127.0.0.1:{other.port}/".encode()
    server = serve(b"HTTP/1.1 307 Away\r\nLocation: " + place + b"\r\nContent-Length: 0\r\n\r\n")

    letting_through(server, other).get(
        f"http://127.0.0.1:{server.port}/", headers={"Authorization": "Bearer secret"}
    )

    assert b"secret" in server.asked[0]
    assert b"secret" not in other.asked[0]


def test_a_sent_body_is_not_sent_on_to_where_a_redirect_leads(serve: Any) -> None:
    server = serve(b"HTTP/1.1 307 Away\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", OK)

    answer = letting_through(server).send(
        "POST",
        f"http://127.0.0.1:{server.port}/",
        b"{}",
        headers={"Content-Type": "application/json"},
    )

    assert answer.status == 307
    assert len(server.asked) == 1
    assert server.asked[0].endswith(b"{}")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"a" * 5_000, "too-large"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 5_000, "too-large"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\naaa", "broken"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "broken"),
        (b"SSH-2.0-OpenSSH\r\n", "broken"),
        (b"", "broken"),
    ],
)
def test_an_answer_that_is_not_whole_is_no_answer(serve: Any, answer: bytes, code: str) -> None:
    server = serve(answer)

    with pytest.raises(NoAnswer) as failed:
        letting_through(server).get(f"http://127.0.0.1:{server.port}/", limit=Limit(5.0, 1_000))

    assert failed.value.code == code


@pytest.mark.parametrize(
    "answer",
    [None, b"HTTP/1.1 200 OK\r\nX-A: 1\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na"],
)
def test_silence_ends_with_the_time(answer: bytes | None) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def trickle() -> None:
        connection, _ = listener.accept()
        held.append(connection)
        connection.sendall(answer or b"")

    threading.Thread(target=trickle, daemon=True).start()
    port = listener.getsockname()[1]
    client = Outgoing(settings(outgoing_private_hosts=f"127.0.0.1:{port}"))

    with pytest.raises(NoAnswer) as failed:
        client.get(f"http://127.0.0.1:{port}/", limit=SHORT)

    assert failed.value.code == "time-out"
    for one in (*held, listener):
        one.close()


def test_a_byte_now_and_then_does_not_prolong_the_time() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not over.wait(0.02):
                try:
                    connection.sendall(b"a")
                except OSError:
                    return

    dripping = threading.Thread(target=drip, daemon=True)
    dripping.start()
    port = listener.getsockname()[1]
    client = Outgoing(settings(outgoing_private_hosts=f"127.0.0.1:{port}"))

    with pytest.raises(NoAnswer) as failed:
        client.get(f"http://127.0.0.1:{port}/", limit=SHORT)

    assert failed.value.code == "time-out"
    over.set()
    dripping.join(5)
    listener.close()


def test_of_an_answer_whose_body_nobody_wants_the_head_is_enough() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def begin() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n")
            over.wait(30)

    threading.Thread(target=begin, daemon=True).start()
    port = listener.getsockname()[1]
    client = Outgoing(settings(outgoing_private_hosts=f"127.0.0.1:{port}"))

    answer = client.send(
        *("POST", f"http://127.0.0.1:{port}/", b"{}"), headers={}, limit=Limit(20.0, 0)
    )

    assert (answer.status, answer.body) == (200, b"")
    over.set()
    listener.close()


def test_what_is_held_back_once_the_connection_stands_sends_nothing(serve: Any) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with pytest.raises(NotSent) as failed:
        letting_through(server).send(
            *("POST", f"http://127.0.0.1:{server.port}/", b"{}"), headers={}, ready=lambda: False
        )

    assert failed.value.code == "held"
    assert not any(server.asked)


def test_a_refused_connection_was_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = Outgoing(settings(outgoing_private_hosts=f"127.0.0.1:{port}"))

    with pytest.raises(NotSent) as failed:
        client.send("POST", f"http://127.0.0.1:{port}/", b"", headers={})

    assert failed.value.code == "refused"


def test_a_certificate_that_is_not_trusted_was_not_sent(serve: Any) -> None:
    server = serve(b"no TLS here")

    with pytest.raises(NotSent) as failed:
        letting_through(server).get(f"https://127.0.0.1:{server.port}/")

    assert failed.value.code == "tls"
    assert Outgoing(settings())._tls.verify_mode is ssl.CERT_REQUIRED
    assert Outgoing(settings())._tls.check_hostname


def test_a_name_that_leads_nowhere_was_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: Any, **__: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(outgoing.socket, "getaddrinfo", nowhere)

    with pytest.raises(NotSent) as failed:
        Outgoing(settings()).get("https://nowhere.test/")

    assert failed.value.code == "unresolved"


def test_only_the_hosts_that_are_known_beforehand_are_asked() -> None:
    client = Outgoing(settings(), hosts=["el.cloud.unifonic.com"])

    with pytest.raises(Forbidden) as refused:
        client.get("https://elsewhere.test/")

    assert refused.value.code == "host"


def test_proxies_of_the_environment_are_not_asked(serve: Any, monkeypatch: Any) -> None:
    proxy, server = serve(OK), serve(OK)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")

    letting_through(server).get(f"http://127.0.0.1:{server.port}/")

    assert proxy.asked == []


def test_a_wrong_host_in_the_setting_is_said_at_the_start() -> None:
    with pytest.raises(ValueError, match="host:port"):
        OutgoingSettings.CHECKS["outgoing_private_hosts"]("localhost")
