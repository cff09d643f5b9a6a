"""A TCP proxy that makes a network bad on demand, with the vocabulary of Toxiproxy.

It stands between a process and its database or broker. It runs in a thread of its own, so that a test
or a nemesis in plain code adds and takes away toxics at any moment, also for connections that are open.
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeVar

CHUNK = 65_536
KINDS = frozenset(
    "latency down reset_peer timeout bandwidth slow_close slicer limit_data".split()
)  # of Toxiproxy 2.9
Direction = Literal["up", "down"]
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Toxic:
    """One fault. `stream`: "up" towards the server, "down" towards the client, or "both".

    latency: every chunk waits `milliseconds` ± `jitter_ms`. down: nobody listens, open connections are cut.
    reset_peer: cut with RST after `milliseconds`. timeout: nothing passes; cut after `milliseconds`, or for 0
    when the toxic is taken away. bandwidth: `kilobytes_per_s`. slow_close: the end is told after `milliseconds`.
    slicer: chunks of about `size` bytes, `milliseconds` apart. limit_data: cut after `size` bytes.
    """

    kind: str
    stream: Literal["up", "down", "both"] = "both"
    milliseconds: float = 0.0
    jitter_ms: float = 0.0
    kilobytes_per_s: float = 0.0
    size: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is none of {', '.join(sorted(KINDS))}")
        if self.kind == "bandwidth" and self.kilobytes_per_s <= 0:
            raise ValueError("bandwidth needs kilobytes_per_s")
        if self.kind == "slicer" and self.size <= 0:
            raise ValueError("slicer needs a size")

    def touches(self, direction: Direction) -> bool:
        return self.stream in ("both", direction)


class Proxy:
    """Listens at 127.0.0.1:`port` from the start until `close`. `seed` makes the jitter repeatable."""

    def __init__(self, upstream_host: str, upstream_port: int, *, seed: int = 0) -> None:
        self._upstream = upstream_host, upstream_port
        self._chance = random.Random(seed)
        self._toxics: tuple[Toxic, ...] = ()
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="proxy")
        self._thread.start()
        self.port = 0
        self.port = self._ask(self._listen())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def toxics(self) -> tuple[Toxic, ...]:
        return self._toxics

    @property
    def connections(self) -> int:
        """Counts the open connections."""
        return len(self._links)

    def add(self, toxic: Toxic) -> None:
        """From now on, for open connections too."""
        self._ask(self._add(toxic))

    def clear(self) -> None:
        """Makes the network good again. Connections that `timeout` held are cut, because bytes are missing in them."""
        self._ask(self._clear())

    def close(self) -> None:
        """Cuts all and listens no more."""
        if self._loop.is_closed():
            return
        self._ask(self._down())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _ask(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> int:
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _add(self, toxic: Toxic) -> None:
        self._toxics = (*self._toxics, toxic)
        if toxic.kind == "down":
            await self._down()
        for link in tuple(self._links):
            link.wake(toxic)

    async def _clear(self) -> None:
        held = any(toxic.kind == "timeout" for toxic in self._toxics)
        self._toxics = ()
        for link in tuple(self._links) if held else ():
            link.cut(reset=False)
        await self._listen()

    async def _down(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        tasks = [link.task for link in self._links if link.task is not None]
        for link in tuple(self._links):
            link.cut(reset=True)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(self, reader, writer)
        self._links.add(link)
        try:
            await link.run(*self._upstream)
        finally:
            self._links.discard(link)

    def active(self, direction: Direction) -> list[Toxic]:
        """For a link: what acts on a direction now."""
        return [toxic for toxic in self._toxics if toxic.touches(direction)]

    def spread(self, middle: float, width: float) -> float:
        return max(0.0, middle + self._chance.uniform(-width, width))


class _Link:
    """One connection of a client, and ours to the server."""

    def __init__(
        self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._proxy = proxy
        self._client = reader, writer
        self._writers = [writer]
        self._over = asyncio.Event()
        self._resetting = False
        self._fuses: set[asyncio.TimerHandle] = set()
        self.task: asyncio.Task[None] | None = None

    async def run(self, host: str, port: int) -> None:
        self.task = asyncio.current_task()
        client_reader, client_writer = self._client
        try:
            server_reader, server_writer = await asyncio.open_connection(host, port)
        except OSError:
            self.cut(reset=True)
            return
        self._writers.append(server_writer)
        if self._over.is_set():  # cut while it was being made
            self.cut(reset=self._resetting)
            return
        for toxic in self._proxy.toxics:
            self.wake(toxic)
        pumps = [
            asyncio.create_task(self._pump("up", client_reader, server_writer)),
            asyncio.create_task(self._pump("down", server_reader, client_writer)),
        ]
        over = asyncio.create_task(self._over.wait())
        both = asyncio.gather(*pumps)
        await asyncio.wait([both, over], return_when=asyncio.FIRST_COMPLETED)
        for task in (*pumps, over):
            task.cancel()
        await asyncio.gather(*pumps, over, both, return_exceptions=True)
        self.cut(reset=self._resetting)

    def wake(self, toxic: Toxic) -> None:
        """Starts the clock of a toxic that ends connections after a time."""
        if toxic.kind == "reset_peer" or (toxic.kind == "timeout" and toxic.milliseconds):
            reset = toxic.kind == "reset_peer"
            loop = asyncio.get_running_loop()
            self._fuses.add(loop.call_later(toxic.milliseconds / 1000, self._burn, toxic, reset))

    def _burn(self, toxic: Toxic, reset: bool) -> None:
        if toxic in self._proxy.toxics:
            self.cut(reset=reset)

    def cut(self, *, reset: bool) -> None:
        """Ends both sides; with RST, as a firewall does that has forgotten the connection."""
        self._resetting = self._resetting or reset
        for fuse in self._fuses:
            fuse.cancel()
        for writer in self._writers:
            if reset:
                _linger_not(writer)
                writer.transport.abort()
            else:
                writer.close()
        self._over.set()

    async def _pump(
        self, direction: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        passed = 0
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(CHUNK):
                toxics = self._proxy.active(direction)
                limits = [toxic.size for toxic in toxics if toxic.kind == "limit_data"]
                if limits:
                    chunk = chunk[: max(0, min(limits) - passed)]
                await self._pass(chunk, toxics, writer)
                passed += len(chunk)
                if limits and passed >= min(limits):
                    self.cut(reset=False)
                    return
            for toxic in self._proxy.active(direction):
                if toxic.kind == "slow_close":
                    await asyncio.sleep(toxic.milliseconds / 1000)
            if writer.can_write_eof():
                writer.write_eof()

    async def _pass(self, chunk: bytes, toxics: list[Toxic], writer: asyncio.StreamWriter) -> None:
        slicer: Toxic | None = None
        for toxic in toxics:
            if toxic.kind == "timeout":
                await self._over.wait()
            elif toxic.kind == "latency":
                await asyncio.sleep(self._proxy.spread(toxic.milliseconds, toxic.jitter_ms) / 1000)
            elif toxic.kind == "bandwidth":
                await asyncio.sleep(len(chunk) / (toxic.kilobytes_per_s * 1000))
            elif toxic.kind == "slicer":
                slicer = toxic
        size = slicer.size if slicer else len(chunk) or 1
        for start in range(0, len(chunk), size):
            writer.write(chunk[start : start + size])
            await writer.drain()
            if slicer:
                await asyncio.sleep(slicer.milliseconds / 1000)


def _linger_not(writer: asyncio.StreamWriter) -> None:
    found = writer.get_extra_info("socket")
    if found is not None:
        with contextlib.suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
