"""The outermost step: traces and counts every answer, and adds the security headers, to errors too."""

import time
from functools import cache
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import SpanKind

from chassis.core import metrics, telemetry
from chassis.http import problems, security
from chassis.http.headers import HEADERS
from chassis.http.problems import Renderer

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram

_HEADERS = [(name.encode(), text.encode()) for name, text in HEADERS.items()]
_CHALLENGE = (b"www-authenticate", security.CHALLENGE.encode())


class ObservedApp:
    """An ASGI application around Connexion's, which doesn't see a request that is refused already."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        began = time.perf_counter()
        status = 500

        async def observe(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {
                    **message,
                    "headers": _add_security_headers(status, message.get("headers", [])),
                }
            await send(message)

        environ = scope["chassis.environ"]
        trace = environ.get("HTTP_TRACEPARENT")
        with telemetry.span(f"HTTP {scope['method']}", trace, SpanKind.SERVER):
            if scope["chassis.refused"] is None:
                await self._app(scope, receive, observe)
            else:
                await _refuse(scope, observe)
        routed = scope["extensions"].get("connexion_routing", {}).get("operation_id")
        # A page that no contract lists names itself (the library `pages`).
        page = scope.get("chassis.page")
        _count(str(routed or page or "none"), status, time.perf_counter() - began)


def _count(operation: str, status: int, seconds: float) -> None:
    """A request that can't be counted is answered as usual: its work is done."""
    try:
        requests, times = _metrics_of(operation, status)
        requests.inc()
        times.observe(seconds)
    except Exception as error:
        problems.log.error("metrics.lost", error=type(error).__name__, operation=operation)


@cache
def _metrics_of(operation: str, status: int) -> "tuple[Counter, Histogram]":
    return (
        metrics.HTTP_REQUESTS.labels(operation, str(status)),
        metrics.HTTP_SECONDS.labels(operation),
    )


def _add_security_headers(
    status: int, headers: list[tuple[bytes, bytes]]
) -> list[tuple[bytes, bytes]]:
    present = {name.lower() for name, _ in headers}
    more = [one for one in _HEADERS if one[0] not in present]
    if status == 401 and b"www-authenticate" not in present:
        more.append(_CHALLENGE)
    return [*headers, *more]


async def _refuse(scope: Any, send: Any) -> None:
    renderer: Renderer = scope["chassis.renderer"]
    content, status, named = renderer.render(scope["chassis.refused"], scope["chassis.environ"])
    headers = [(name.lower().encode(), text.encode("latin-1")) for name, text in named.items()]
    headers.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
