"""WSGI in front, Connexion's ASGI steps in the middle, Flask behind: all in the worker's own thread.

With the body read beforehand nothing in Connexion's stack waits for anything, so its coroutine runs to its end without
an event loop. A step that does wait raises at once (and a test pins that none does).
"""

import contextvars
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from io import BytesIO
from typing import Any

from chassis import problems
from chassis.problems import Problem

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class End:
    """The end of Connexion's stack: calls the operation that was routed, or Flask with the request's own environ.

    `direct` holds the operations that need no Flask; what Connexion didn't route (the documents, a wrong path) is
    Flask's too.
    """

    def __init__(
        self,
        wsgi_app: Callable[[Environ, StartResponse], Iterable[bytes]],
        direct: Mapping[str, Callable[[Any], Any]],
    ) -> None:
        self.app = wsgi_app
        self._direct = direct

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        environ = scope["chassis.environ"]
        environ["asgi.scope"] = scope
        routed = scope["extensions"].get("connexion_routing", {}).get("operation_id")
        operation = self._direct.get(routed)
        if operation is None:
            await self._by_flask(environ, scope, send)
            return
        answer = operation(scope)
        length = str(len(answer.body)).encode()
        headers = [
            (k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in answer.headers.items()
        ]
        headers.append((b"content-length", length))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _by_flask(self, environ: Environ, scope: Any, send: Any) -> None:
        environ["wsgi.input"] = BytesIO(scope["chassis.body"])
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


class WsgiBridge:
    """The WSGI application that gunicorn serves."""

    def __init__(self, asgi_app: Any, *, max_body_bytes: int) -> None:
        self._app = asgi_app
        self._limit = max_body_bytes

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            _check_path(environ)
            body = _read_body(environ, self._limit)
        except Problem as problem:
            return _refuse(problem, environ, start_response)
        sent: list[dict[str, Any]] = []
        # A context of its own: what Connexion keeps in context variables ends with the request, not with the thread.
        coroutine = self._app(_scope(environ, body), _never, _collector(sent))
        contextvars.copy_context().run(_drive, coroutine)
        start = next(message for message in sent if message["type"] == "http.response.start")
        headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in start.get("headers", [])]
        start_response(f"{start['status']} {HTTPStatus(start['status']).phrase}", headers)
        return [
            message.get("body", b"") for message in sent if message["type"] == "http.response.body"
        ]


def _drive(coroutine: Any) -> None:
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError("A step of the stack waited: it cannot be driven without an event loop.")


async def _never() -> Any:
    return {"type": "http.disconnect"}


def _collector(sent: list[dict[str, Any]]) -> Callable[[dict[str, Any]], Any]:
    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    return send


def _check_path(environ: Environ) -> None:
    """No address of ours has a control character; the routers behind don't agree on what a newline in one means.

    Nor has one an empty segment: the routers would send the caller elsewhere, by the Host that he named himself.
    """
    path = environ.get("PATH_INFO", "")
    if "//" in path or path.endswith("/") and path != "/":
        raise Problem("not-found")
    if not path.isprintable() and any(ord(letter) < 32 or ord(letter) == 127 for letter in path):
        raise Problem("not-found")


def _read_body(environ: Environ, limit: int) -> bytes:
    """The whole body, up to the limit. Raises Problem `body-too-large` before reading more than that."""
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdigit():
        if int(length) > limit:
            raise Problem("body-too-large", params={"limit": limit})
        return bytes(stream.read(int(length)))
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() != "chunked":
        return b""
    body = bytes(stream.read(limit + 1))
    if len(body) > limit:
        raise Problem("body-too-large", params={"limit": limit})
    return body


def _refuse(problem: Problem, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    content = problems.body(problem, environ.get("HTTP_ACCEPT_LANGUAGE")).encode()
    headers = [
        ("Content-Type", problems.MEDIA_TYPE),
        ("Content-Length", str(len(content))),
        ("Connection", "close"),
    ]
    start_response(f"{problem.status} {HTTPStatus(problem.status).phrase}", headers)
    return [content]


def _scope(environ: Environ, body: bytes) -> dict[str, Any]:
    path = environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace")
    headers = [
        (name[5:].replace("_", "-").lower().encode("latin-1"), str(value).encode("latin-1"))
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
        "chassis.body": body,
    }
