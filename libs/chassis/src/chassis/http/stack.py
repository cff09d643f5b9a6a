"""WSGI in front, Connexion's ASGI steps in the middle, Flask behind: all in the worker's own thread.

With the body at hand no step of Connexion's stack waits, so its coroutine runs to its end without
an event loop. A step that does wait is an error (a test pins that no step does). chassis.fast brings its own
driver, for operations that wait for its loaders.
"""

import contextvars
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple

from chassis.core.vouched_addresses import vouched_address
from chassis.http import problems
from chassis.http.address import source_of
from chassis.http.bodies import Body, BodyLimits, LateInput
from chassis.http.headers import HEADERS
from chassis.http.problems import Problem, Renderer
from chassis.http.streams import SentStream, Stream

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


Drive = Callable[[Sequence[Coroutine[Any, Any, Any]]], Sequence[Any]]


def run_in_turn(coroutines: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """Returns the result of each coroutine, or the exception that it raised. Each runs to its end before the next
    begins.

    A coroutine that waits for anything ends with a RuntimeError.
    """
    return [_run_to_end(one) for one in coroutines]


def _run_to_end(coroutine: Coroutine[Any, Any, Any]) -> Any:
    try:
        # In a context of its own: the coroutine's context variables end with it.
        contextvars.copy_context().run(coroutine.send, None)
    except StopIteration as end:
        return end.value
    except Exception as error:
        return error
    coroutine.close()
    return RuntimeError("A step waits for something that only an event loop could give.")


class Dispatch:
    """The end of Connexion's stack: calls the operation that was routed, or Flask with the request's own environ.

    `direct` holds the operations that need no Flask. Requests that Connexion didn't route (the documents, a wrong path)
    go to Flask too.
    """

    def __init__(
        self,
        wsgi_app: Callable[[Environ, StartResponse], Iterable[bytes]],
        direct: Mapping[str, Callable[[Any], Coroutine[Any, Any, Any]]],
    ) -> None:
        self.app = wsgi_app
        self._direct = direct

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        environ = scope["chassis.environ"]
        environ["asgi.scope"] = scope
        routed = scope["extensions"].get("connexion_routing", {}).get("operation_id")
        operation = self._direct.get(routed)
        if operation is None:
            await self._call_flask(environ, scope, send)
            return
        answer = await operation(scope)
        headers = [
            (k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in answer.headers.items()
        ]
        body = {"body": answer.body}
        if isinstance(answer.body, Stream):
            body = {"body": b"", "chassis.stream": answer.body}
        else:
            headers.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", **body})

    async def _call_flask(self, environ: Environ, scope: Any, send: Any) -> None:
        environ["wsgi.input"] = LateInput(scope["chassis.body"])
        started: list[tuple[str, list[tuple[str, str]]]] = []
        content = self.app(environ, lambda status, headers, *_: started.append((status, headers)))
        try:
            body = b"".join(content)
        finally:
            getattr(content, "close", lambda: None)()
        status, headers = started[-1]
        await send(
            {
                "type": "http.response.start",
                "status": int(status.split(" ", 1)[0]),
                "headers": [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers],
            }
        )
        await send({"type": "http.response.body", "body": body})


class Response(NamedTuple):
    """A finished response, as WSGI's `start_response` and body want it; a `stream` takes the place of the body."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    stream: Stream | None = None


class WsgiBridge:
    """The WSGI application that gunicorn serves. `asgi_app` answers everything, a refused request too.

    `limits` says how large a body may be, `renderer` how an error looks; `trusted_proxies` are our own. Who has the
    `vouching_key` is believed the address of a person (chassis.core.vouched_addresses).
    `drive` brings the coroutines of several requests to their ends.
    """

    def __init__(
        self,
        asgi_app: Any,
        *,
        limits: BodyLimits,
        renderer: Renderer,
        trusted_proxies: int = 0,
        vouching_key: bytes | None = None,
        drive: Drive = run_in_turn,
    ) -> None:
        self._app = asgi_app
        self._drive = drive
        self._limits = limits
        self._renderer = renderer
        self._trusted_proxies = trusted_proxies
        self._vouching_key = vouching_key

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        (response,) = self.answer([environ])
        start_response(response.status, response.headers)
        if response.stream is not None:
            return SentStream(response.stream, environ.get("gunicorn.socket"))
        return [response.body]

    def answer(self, environs: Sequence[Environ]) -> list[Response]:
        """Returns the responses to several requests, answered together. An exception of a step is a 500."""
        outcomes = self._drive([self.respond(environ) for environ in environs])
        return [self.finish(one, environ) for one, environ in zip(outcomes, environs, strict=True)]

    def finish(self, outcome: Response | Exception, environ: Environ) -> Response:
        """Returns the response of `respond`, or the 500 for its exception."""
        return self._render_broken(outcome, environ) if isinstance(outcome, Exception) else outcome

    async def respond(self, environ: Environ) -> Response:
        """Returns the response to one request, for a driver of coroutines."""
        status, headers, parts = 500, [], []
        stream: Stream | None = None

        async def send(message: Any) -> None:
            nonlocal status, headers, stream
            if message["type"] == "http.response.start":
                status, headers = message["status"], message.get("headers", [])
            else:
                parts.append(message.get("body", b""))
                stream = message.get("chassis.stream", stream)

        with closing(Body(environ, self._limits)) as body:
            await self._app(self._scope(environ, body), _receive_nothing, send)
            if body.is_unread:
                headers = [*headers, (b"connection", b"close")]
        if environ["REQUEST_METHOD"] == "HEAD":
            parts = []  # its length stays in the headers
            if stream is not None:
                stream.close()
                stream = None
        return Response(
            _status_line(status),
            [(name.decode("latin-1"), text.decode("latin-1")) for name, text in headers],
            parts[0] if len(parts) == 1 else b"".join(parts),
            stream,
        )

    def _scope(self, environ: Environ, body: Body) -> dict[str, Any]:
        """Returns the request as ASGI has it; `chassis.refused` is the Problem that ends it before the operation, or
        None."""
        refused = None
        try:
            _check_path(environ)
            body.begin()
        except Problem as problem:
            refused = problem
        return {
            **_scope(environ),
            "chassis.body": body,
            "chassis.refused": refused,
            "chassis.renderer": self._renderer,
            "chassis.address": self._address(environ),
        }

    def _address(self, environ: Environ) -> str:
        """Returns the address under which the request is counted."""
        if vouched := environ.get("HTTP_VOUCHED_ADDRESS"):
            address = vouched_address(vouched, self._vouching_key, datetime.now(UTC))
            if address:
                return address
        forwarded_for = environ.get("HTTP_X_FORWARDED_FOR", "")
        return source_of(environ.get("REMOTE_ADDR", ""), forwarded_for, self._trusted_proxies)

    def _render_broken(self, error: Exception, environ: Environ) -> Response:
        """Returns the 500 for an exception that Connexion's steps didn't turn into a problem: a fault of our own
        code."""
        problems.log.error("http.broken", error=type(error).__name__, exc_info=error)
        body, status, headers = self._renderer.render(Problem("internal-error"), environ)
        sent = [*headers.items(), *HEADERS.items(), ("Connection", "close")]
        sent.append(("content-length", str(len(body))))
        body = b"" if environ["REQUEST_METHOD"] == "HEAD" else body
        return Response(_status_line(status), sent, body)


@lru_cache(maxsize=128)
def _status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


async def _receive_nothing() -> Any:
    return {"type": "http.disconnect"}


def _check_path(environ: Environ) -> None:
    """No path of ours has a control character; the routers behind don't agree on what a newline in a path means.

    Nor has a path of ours an empty segment: the routers would redirect the caller to the Host that he sent himself.
    """
    path = environ.get("PATH_INFO", "")
    if "//" in path or path.endswith("/") and path != "/":
        raise Problem("not-found")
    if not path.isprintable() and any(ord(letter) < 32 or ord(letter) == 127 for letter in path):
        raise Problem("not-found")


@lru_cache(maxsize=256)
def _header_name(variable: str) -> bytes:
    """Returns the header of a WSGI variable: `HTTP_ACCEPT_LANGUAGE` → `accept-language`."""
    return variable[5:].replace("_", "-").lower().encode("latin-1")


def _scope(environ: Environ) -> dict[str, Any]:
    path = environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace")
    headers = [
        (_header_name(name), str(value).encode("latin-1"))
        for name, value in environ.items()
        if name.startswith("HTTP_")
    ]
    for name, header in (("CONTENT_TYPE", b"content-type"), ("CONTENT_LENGTH", b"content-length")):
        if environ.get(name):
            headers.append((header, environ[name].encode("latin-1")))
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": environ["REQUEST_METHOD"],
        "scheme": environ.get("wsgi.url_scheme", "http"),
        "path": path,
        "raw_path": path.encode("utf-8"),
        "root_path": "",
        "query_string": environ.get("QUERY_STRING", "").encode("latin-1"),
        "headers": headers,
        "client": (environ.get("REMOTE_ADDR", ""), 0),
        "server": (environ.get("SERVER_NAME", ""), int(environ.get("SERVER_PORT") or 0)),
        "extensions": {},
        "chassis.environ": environ,
    }
