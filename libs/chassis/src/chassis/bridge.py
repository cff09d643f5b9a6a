"""WSGI in front, Connexion's ASGI steps in the middle, Flask behind: all in the worker's own thread.

With the body read beforehand nothing in Connexion's stack waits for anything but our own loaders (chassis.batching), so
its coroutine runs to its end without an event loop. A step that does wait is an error (and a test pins that none does).
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from http import HTTPStatus
from io import BytesIO
from typing import Any, NamedTuple

from chassis import batching, problems
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
            await self._by_flask(environ, scope, send)
            return
        answer = await operation(scope)
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


class Response(NamedTuple):
    """A finished response, as WSGI's `start_response` and body want it."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


class WsgiBridge:
    """The WSGI application that gunicorn serves. `asgi_app` answers everything, a refused request too."""

    def __init__(self, asgi_app: Any, *, max_body_bytes: int) -> None:
        self._app = asgi_app
        self._limit = max_body_bytes

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        (response,) = self.answer([environ])
        start_response(response.status, response.headers)
        return [response.body]

    def answer(self, environs: Sequence[Environ]) -> list[Response]:
        """The responses to several requests, brought to their ends together. What a step raised is a 500."""
        tasks = batching.complete([self._respond(environ) for environ in environs])
        return [
            task.result() if task.error is None else _broken(task.error, environ)
            for task, environ in zip(tasks, environs, strict=True)
        ]

    async def _respond(self, environ: Environ) -> Response:
        status, headers, parts = 500, [], []

        async def send(message: Any) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], message.get("headers", [])
            else:
                parts.append(message.get("body", b""))

        await self._app(self._scope(environ), _never, send)
        return Response(
            f"{status} {HTTPStatus(status).phrase}",
            [(name.decode("latin-1"), text.decode("latin-1")) for name, text in headers],
            parts[0] if len(parts) == 1 else b"".join(parts),
        )

    def _scope(self, environ: Environ) -> dict[str, Any]:
        """The request as ASGI has it; `chassis.refused` is the Problem of one that goes no further."""
        body, refused = b"", None
        try:
            _check_path(environ)
            body = _read_body(environ, self._limit)
        except Problem as problem:
            refused = problem
        return {**_scope(environ, body), "chassis.refused": refused}


def _broken(error: Exception, environ: Environ) -> Response:
    """What Connexion's steps turn into a problem doesn't come here: this is one of ours that's wrong."""
    problems.log.error("http.broken", error=type(error).__name__, exc_info=error)
    body = problems.body(Problem("internal-error"), environ.get("HTTP_ACCEPT_LANGUAGE"))
    return Response(
        "500 Internal Server Error", [("Content-Type", problems.MEDIA_TYPE)], body.encode()
    )


async def _never() -> Any:
    return {"type": "http.disconnect"}


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
