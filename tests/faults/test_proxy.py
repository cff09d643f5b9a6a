"""The proxy's toxics do what their names say, on open connections too."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from .proxy import Proxy, Toxic


class Echo:
    """A server that echoes."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(65_536):
                    connection.sendall(data)
            except OSError:
                return

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    echo = Echo()
    with Proxy("127.0.0.1", echo.port) as proxy:
        yield proxy
    echo.close()


@pytest.fixture
def client(proxy: Proxy) -> Iterator[socket.socket]:
    with _connect(proxy) as connection:
        assert _echo(connection, b"hello") == b"hello"
        yield connection


def _connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=3)


def _echo(connection: socket.socket, data: bytes) -> bytes:
    connection.sendall(data)
    return _read(connection, len(data))


def _read(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size and (part := connection.recv(size - len(found))):
        found += part
    return found


def _timed(connection: socket.socket, data: bytes) -> float:
    began = time.monotonic()
    assert _echo(connection, data) == data
    return time.monotonic() - began


def test_a_good_network_passes_everything(client: socket.socket) -> None:
    data = bytes(range(256)) * 2_000
    threading.Thread(target=client.sendall, args=(data,)).start()

    assert _read(client, len(data)) == data


def test_the_end_of_a_client_reaches_the_server_and_comes_back(client: socket.socket) -> None:
    client.shutdown(socket.SHUT_WR)

    assert client.recv(1) == b""


def test_latency_delays_each_direction_and_goes_away(proxy: Proxy, client: socket.socket) -> None:
    proxy.add(Toxic(kind="latency", milliseconds=100))
    slow = _timed(client, b"x")
    proxy.clear()

    assert slow >= 0.19
    assert _timed(client, b"x") < 0.1


def test_latency_of_one_stream_leaves_the_other(proxy: Proxy, client: socket.socket) -> None:
    proxy.add(Toxic(kind="latency", milliseconds=150, jitter_ms=20, stream="down"))

    assert 0.12 <= _timed(client, b"x") < 0.29


def test_down_cuts_and_refuses_until_cleared(proxy: Proxy, client: socket.socket) -> None:
    proxy.add(Toxic(kind="down"))

    with pytest.raises(ConnectionResetError):
        client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        _connect(proxy)
    proxy.clear()
    with _connect(proxy) as again:
        assert _echo(again, b"back") == b"back"


def test_reset_peer_cuts_with_a_reset(proxy: Proxy, client: socket.socket) -> None:
    proxy.add(Toxic(kind="reset_peer", milliseconds=20))

    with pytest.raises(ConnectionResetError):
        client.recv(1)


def test_reset_peer_acts_on_connections_made_later(proxy: Proxy) -> None:
    proxy.add(Toxic(kind="reset_peer", milliseconds=20))

    with _connect(proxy) as later, pytest.raises(ConnectionResetError):
        later.recv(1)


def test_timeout_lets_nothing_pass_and_then_closes(proxy: Proxy, client: socket.socket) -> None:
    proxy.add(Toxic(kind="timeout", milliseconds=150))
    began = time.monotonic()
    client.sendall(b"x")

    assert client.recv(1) == b""
    assert time.monotonic() - began >= 0.14


def test_timeout_zero_holds_until_it_is_taken_away(proxy: Proxy, client: socket.socket) -> None:
    proxy.add(Toxic(kind="timeout"))
    client.sendall(b"x")
    client.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.recv(1)
    proxy.clear()
    client.settimeout(3)

    assert client.recv(1) == b""


def test_bandwidth_takes_the_time_of_the_bytes(proxy: Proxy, client: socket.socket) -> None:
    proxy.add(Toxic(kind="bandwidth", kilobytes_per_s=100, stream="up"))

    assert _timed(client, b"x" * 20_000) >= 0.19


def test_slow_close_tells_the_end_late(proxy: Proxy, client: socket.socket) -> None:
    proxy.add(Toxic(kind="slow_close", milliseconds=150, stream="up"))
    began = time.monotonic()
    client.shutdown(socket.SHUT_WR)

    assert client.recv(1) == b""
    assert time.monotonic() - began >= 0.14


def test_slicer_cuts_chunks_but_loses_nothing(proxy: Proxy, client: socket.socket) -> None:
    proxy.add(Toxic(kind="slicer", size=10, milliseconds=5, stream="down"))
    client.sendall(bytes(range(100)))

    first = client.recv(100)
    assert len(first) < 100
    assert first + _read(client, 100 - len(first)) == bytes(range(100))


def test_limit_data_closes_after_its_bytes(proxy: Proxy) -> None:
    proxy.add(Toxic(kind="limit_data", size=7, stream="down"))
    with _connect(proxy) as connection:
        connection.sendall(b"0123456789")

        assert _read(connection, 10) == b"0123456"


def test_a_server_that_is_away_resets_the_client(proxy: Proxy) -> None:
    with (
        Proxy("127.0.0.1", 1) as nowhere,
        pytest.raises(ConnectionResetError),  # which may come before we know that we're connected
        _connect(nowhere) as connection,
    ):
        connection.recv(1)


def test_a_toxic_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="is none of"):
        Toxic(kind="lateness")
