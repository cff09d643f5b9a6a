"""HTTP to the outside, for addresses that somebody else names: no private address is reached, however it's written.

A name is resolved once, every address of the answer is checked, and the connection goes to one that was checked: no
second answer of the name server changes it. A name that leads to a private address is refused in the words of one that
leads nowhere: whoever may choose names and sees what came of them would else map the names of our own network.
Redirects pass the same check. There's a limit on bytes and one on the whole time; proxies of the environment aren't
asked. Each request has a connection of its own, so that a request that fails says whether it was sent.
"""

import re
import socket
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Thread, Timer
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import structlog

from chassis.core.public_addresses import is_address, is_public_text, may_be_public
from chassis.core.settings import Settings, are_hosts, unless_empty

MOST_REDIRECTS = 3
LONGEST_URL = 2_048
_REDIRECTS = {301, 302, 303, 307, 308}
_PORTS = {"http": 80, "https": 443}
_SAFE_IN_URL = "%/:=&?~#+!$,;'@()*[]"
_UNFIT = re.compile(r"[\x00-\x20\x7f\\]")
_PIECE = 65_536
log = structlog.get_logger(__name__)


class NotSent(Exception):
    """Nothing of the request reached the other side: it may be sent again, or elsewhere. `code`: `unresolved` (the name
    leads nowhere, or nowhere that's asked), `refused`, `tls`, `held` (by the caller), or one of Forbidden's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Forbidden(NotSent):
    """What is refused by what the URL itself says. `code`: `url`, `scheme`, `host` (none of those that are asked, or a
    name that the Internet has nowhere), `port`, `private` (an address, and not a name), `redirects`."""


class NoAnswer(Exception):
    """The request went out and no whole answer came: what it did isn't known. `code`: `time-out`, `broken`,
    `too-large`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class OutgoingSettings(Settings):
    """`outgoing_http`: plain http is allowed too. `outgoing_private_hosts`: `host:port`, with commas between several,
    that are asked although they're private, and by http: for stand-ins on one's own machine, never in operation."""

    outgoing_http: bool = False
    outgoing_private_hosts: str = ""

    CHECKS = {"outgoing_private_hosts": unless_empty(are_hosts)}

    @cached_property
    def let_through(self) -> frozenset[str]:
        """Returns the addresses, `host:port`, that aren't checked."""
        return frozenset(
            one.strip().lower() for one in self.outgoing_private_hosts.split(",") if one.strip()
        )


@dataclass(frozen=True)
class Limit:
    """`seconds` for all of it, from the name to the last byte, redirects included; `most_bytes` of an answer's body, of
    which with 0 nothing is read: the answer is there with its head."""

    seconds: float = 10.0
    most_bytes: int = 1_048_576


@dataclass(frozen=True)
class Answer:
    """An answer of any status. `headers` have lower-case names; `url` is the last one of the redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str


class Outgoing:
    """Made once per process; safe for several threads. `hosts`: the only ones that are asked, when they're known
    beforehand."""

    def __init__(self, settings: OutgoingSettings, hosts: Collection[str] | None = None) -> None:
        self._settings = settings
        self._hosts = None if hosts is None else frozenset(one.lower() for one in hosts)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, limit: Limit = Limit()
    ) -> Answer:
        """Asks, and follows up to three redirects; a redirect to another host doesn't get the headers. Raises
        Forbidden, NotSent and NoAnswer."""
        until = time.monotonic() + limit.seconds
        for _ in range(MOST_REDIRECTS + 1):
            target = self._target(url)
            answer = self._exchange(("GET", target), headers or {}, None, limit, until)
            place = answer.headers.get("location")
            if answer.status not in _REDIRECTS or place is None:
                return answer
            url = urljoin(target.url, place)
            if self._target(url).origin != target.origin:
                headers = None
        raise Forbidden("redirects")

    def send(
        self,
        method: str,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str],
        limit: Limit = Limit(),
        ready: Callable[[], bool] = lambda: True,
    ) -> Answer:
        """Sends a body; a redirect is an answer like others, and isn't followed. `ready` is asked once the connection
        stands, which may take long: nothing is sent when it says no. Raises Forbidden, NotSent and NoAnswer."""
        what, until = (method, self._target(url)), time.monotonic() + limit.seconds
        return self._exchange(what, headers, body, limit, until, ready=ready)

    def check(self, url: str, *, ports: Collection[int] = ()) -> None:
        """Refuses a URL by what it says, before it's kept; where its name leads is only known when it's asked. `ports`:
        the only ones, when it's given. Raises Forbidden."""
        target = self._target(url)
        if target.let_through:
            return
        if ports and target.port not in ports:
            raise Forbidden("port")
        if is_address(target.host):
            if not is_public_text(target.host):
                raise Forbidden("private")
        elif not may_be_public(target.host):
            raise Forbidden("host")

    def _target(self, url: str) -> "_Target":
        target = _Target.of(url, self._settings.let_through)
        if target.plain and not (self._settings.outgoing_http or target.let_through):
            raise Forbidden("scheme")
        if self._hosts is not None and target.host not in self._hosts:
            raise Forbidden("host")
        return target

    def _exchange(
        self,
        what: tuple[str, "_Target"],
        headers: Mapping[str, str],
        body: bytes | None,
        limit: Limit,
        until: float,
        *,
        ready: Callable[[], bool] = lambda: True,
    ) -> Answer:
        method, target = what
        connection = _Connection(target, self._tls, until)
        connection.open()
        if not ready():
            connection.close()
            raise NotSent("held")
        timer = Timer(max(0.0, until - time.monotonic()), connection.give_up)
        timer.daemon = True
        timer.start()
        try:
            # Identity: a packed body could be a thousand times what was counted.
            own = {"Accept-Encoding": "identity", "User-Agent": "qatif-e-services", **headers}
            connection.request(method, target.path, body, own)
            with connection.getresponse() as response:
                return Answer(
                    response.status,
                    {name.lower(): text for name, text in response.getheaders()},
                    _body(response, limit.most_bytes, until),
                    target.url,
                )
        except NoAnswer:
            raise
        except (OSError, HTTPException, ValueError) as error:
            late = isinstance(error, TimeoutError) or time.monotonic() >= until
            raise NoAnswer("time-out" if late else "broken") from error
        finally:
            timer.cancel()
            connection.close()


@dataclass(frozen=True)
class _Target:
    """A URL as it's asked: its host is looked up, its path sent, and nothing else of it read again."""

    url: str
    plain: bool
    host: str
    port: int
    path: str
    let_through: bool

    @property
    def origin(self) -> tuple[bool, str, int]:
        return self.plain, self.host, self.port

    @classmethod
    def of(cls, url: str, let_through: Collection[str]) -> "_Target":
        parts, port = _split(url)
        host = (parts.hostname or "").rstrip(".")
        with suppress(UnicodeError):
            host = host if host.isascii() else host.encode("idna").decode()
        if not host or not host.isascii() or "%" in host or len(host) > 253:
            raise Forbidden("url")
        path = quote(parts.path or "/", safe=_SAFE_IN_URL)
        if parts.query:
            path += "?" + quote(parts.query, safe=_SAFE_IN_URL)
        is_let_through = f"{host}:{port}" in let_through
        return cls(url, parts.scheme == "http", host, port, path, is_let_through)


def _split(url: str) -> tuple[SplitResult, int]:
    """Returns the URL's parts and its port. Raises Forbidden."""
    if len(url) > LONGEST_URL or _UNFIT.search(url):
        raise Forbidden("url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden("url") from None
    if parts.scheme not in _PORTS or port == 0:
        raise Forbidden("port" if port == 0 else "scheme")
    if parts.username is not None or parts.password is not None:
        raise Forbidden("url")
    return parts, port or _PORTS[parts.scheme]


class _Connection(HTTPConnection):
    """A connection to an address that was checked, given up when the time is over."""

    def __init__(self, target: _Target, tls: ssl.SSLContext, until: float) -> None:
        super().__init__(target.host, target.port)
        self.default_port = _PORTS["http" if target.plain else "https"]  # else Host has the port
        self._target, self._tls, self._until = target, tls, until

    def open(self) -> None:
        """Raises NotSent and Forbidden."""
        addresses = _resolve(self._target, self._left())
        try:
            self.sock = self._connect(addresses)
        except OSError as error:
            raise NotSent("refused") from error
        if self._target.plain:
            return
        try:
            self.sock.settimeout(self._left())
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._target.host)
        except OSError as error:
            self.close()
            raise NotSent("tls") from error

    def connect(self) -> None:
        """http.client's: it would connect anew by the name."""
        raise NoAnswer("broken")

    def give_up(self) -> None:
        """Ends what another thread waits for. Past TLS, whose own end would wait for the other side."""
        if self.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def _connect(self, addresses: list[str]) -> socket.socket:
        """Returns the first of the addresses that answers. Raises OSError of the last."""
        for place, address in enumerate(addresses):
            try:
                share = self._left() / (len(addresses) - place)
                made = socket.create_connection((address, self._target.port), timeout=share)
            except OSError:
                if place + 1 == len(addresses):
                    raise
            else:
                made.settimeout(self._left())
                return made
        raise OSError("no address")

    def _left(self) -> float:
        """Returns the seconds that are left, of which a socket always needs some."""
        return max(0.001, self._until - time.monotonic())


def _resolve(target: _Target, seconds: float) -> list[str]:
    """Returns the addresses of the host, all of them fit to be asked. Raises NotSent, whether there are none or one
    isn't fit; and Forbidden for such an address that stands in the URL itself."""
    found: list[str] = []

    def look_up() -> None:
        with suppress(OSError, UnicodeError):
            rows = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(row[4][0]) for row in rows))

    # In a thread, because a look-up has no time limit of its own.
    asked = Thread(target=look_up, daemon=True)
    asked.start()
    asked.join(seconds)
    addresses = list(found)
    fit = target.let_through or all(is_public_text(one) for one in addresses)
    if not fit and is_address(target.host):
        raise Forbidden("private")
    if not fit:
        log.warning("outgoing.private_name")  # for us; the caller's word for it is the same
    if not addresses or not fit:
        raise NotSent("unresolved")
    return addresses


def _body(response: HTTPResponse, most: int, until: float) -> bytes:
    """Raises NoAnswer for more bytes than allowed, before they're read."""
    if not most:
        return b""
    pieces, size = [], 0
    while piece := response.read1(_PIECE):
        size += len(piece)
        if size > most:
            raise NoAnswer("too-large")
        pieces.append(piece)
    if time.monotonic() >= until:
        raise NoAnswer("time-out")
    if response.length:  # the connection was closed before its end
        raise NoAnswer("broken")
    return b"".join(pieces)
