"""The load: whole requests as a browser sends them, by wrk as many as are answered, and in an open loop at a rate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from bench.gateway.load import CONNECTIONS, Run, run_wrk
from bench.gateway.open_loop import Connection, Loop, NoAnswer, percentile

SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Load:
    """Requests for one page of a server. `size`: the least bytes of an answer, so that a page of an error isn't counted
    as an answer."""

    name: str
    url: str
    requests: Sequence[bytes]
    size: int


def request(url: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None) -> bytes:
    """Returns a request as it goes over the wire: a GET, or a POST of a form."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    sent = {"Host": parts.netloc, **headers}
    if form is None:
        return _written("GET", target, sent, "")
    body = urlencode(form)
    sent |= {
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)),
        "Origin": f"{parts.scheme}://{parts.netloc}",
        "Sec-Fetch-Site": "same-origin",
    }
    return _written("POST", target, sent, body)


def _written(method: str, target: str, headers: Mapping[str, str], body: str) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items())]
    return ("\r\n".join(lines) + f"\r\n\r\n{body}").encode()


def closed(load: Load, seconds: float, folder: Path) -> Run:
    """Asks over 32 connections that are kept alive, each again once it's answered. An answer that isn't the page ends
    the bench."""
    file = folder / "requests"
    file.write_bytes(b"\0".join(load.requests))
    run = run_wrk(load.name, SCRIPT, load.url, file, seconds)
    if run.bytes < run.answers * load.size:
        raise SystemExit(
            f"{load.name}: an answer has {run.bytes // max(1, run.answers)} bytes instead of {load.size} at least"
        )
    return run


def steady(load: Load, rate: float, seconds: float) -> dict[str, float]:
    """Asks at a constant rate, however long answers take; p50 and p99 count from when a request was due."""
    parts = urlsplit(load.url)
    connections = [
        Connection(str(parts.hostname), int(parts.port or 80)) for _ in range(CONNECTIONS)
    ]
    loop = Loop(connections, load.requests, rate)
    try:
        loop.run(seconds)
    except (NoAnswer, OSError) as error:
        raise SystemExit(f"{load.name} at {rate:.0f} a second: {error}") from error
    finally:
        for one in connections:
            one.close()
    return {
        "per_s": round(rate),
        "p50_ms": round(percentile(loop.times, 0.5), 1),
        "p99_ms": round(percentile(loop.times, 0.99), 1),
        "sent_late_p99_ms": round(percentile(loop.late, 0.99), 1),
    }
