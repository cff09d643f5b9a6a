"""The outermost step: a trace, the RED metrics and the security headers for every answer, errors included."""

import time
from functools import cache
from typing import Any

from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Histogram

from chassis import metrics, problems, security, telemetry
from chassis.problems import Problem

HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "strict-transport-security": "max-age=63072000",
}
_HEADERS = [(name.encode(), text.encode()) for name, text in HEADERS.items()]
_CHALLENGE = (b"www-authenticate", security.CHALLENGE.encode())


class Observed:
    """An ASGI application around another one, which doesn't see a request that is refused already."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        began = time.perf_counter()
        status = 500

        async def observe(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": _with_ours(status, message.get("headers", []))}
            await send(message)

        environ = scope["chassis.environ"]
        trace = environ.get("HTTP_TRACEPARENT")
        with telemetry.span(f"HTTP {scope['method']}", trace, SpanKind.SERVER):
            if scope["chassis.refused"] is None:
                await self._app(scope, receive, observe)
            else:
                await _refuse(scope["chassis.refused"], environ, observe)
        routed = scope["extensions"].get("connexion_routing", {}).get("operation_id")
        _count(str(routed or "none"), status, time.perf_counter() - began)


def _count(operation: str, status: int, seconds: float) -> None:
    """What was done is done, and answered as it was, also when it can't be counted."""
    try:
        requests, times = _of(operation, status)
        requests.inc()
        times.observe(seconds)
    except Exception as error:
        problems.log.error("metrics.lost", error=type(error).__name__, operation=operation)


@cache
def _of(operation: str, status: int) -> tuple[Counter, Histogram]:
    return (
        metrics.HTTP_REQUESTS.labels(operation, str(status)),
        metrics.HTTP_SECONDS.labels(operation),
    )


def _with_ours(status: int, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    present = {name.lower() for name, _ in headers}
    more = [one for one in _HEADERS if one[0] not in present]
    if status == 401 and b"www-authenticate" not in present:
        more.append(_CHALLENGE)
    return [*headers, *more]


async def _refuse(problem: Problem, environ: dict[str, Any], send: Any) -> None:
    content = problems.body(problem, environ.get("HTTP_ACCEPT_LANGUAGE")).encode()
    headers = [
        (b"content-type", problems.MEDIA_TYPE.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
