"""Whether chassis.fast earns its keep: each query through the lane and through the plain path, in one run."""

from statistics import median
from typing import Any

from bench.gateway import load
from bench.gateway.load import Run, SteadyRun
from bench.gateway.queries import Measured
from bench.gateway.running import Gateway
from devstack.machine import say

PROCESS = "bench/plain"
LANE, PLAIN = "lane", "plain"


def measure(
    gateway: Gateway, kinds: list[Measured], seconds: float, rounds: int
) -> dict[str, dict[str, Any]]:
    """Returns for each query the rate at saturation, p50 and p99 at half of the path's own highest rate, and the CPU of
    an answer, through both paths; and three ratios of the lane to the plain path, of the medians."""
    urls = {LANE: gateway.url, PLAIN: gateway.start(PROCESS, ["bench.peers.plain_gateway"])}
    figures = {}
    for measured in kinds:
        for url in urls.values():
            _check(gateway, measured, url)
            gateway.run(measured, min(3, seconds), url=url)
        found = {
            name: _measure_path(gateway, measured, url, seconds, rounds)
            for name, url in urls.items()
        }
        figures[measured.name] = found | _ratios(found[LANE], found[PLAIN])
        say(f"  {measured.name}: {figures[measured.name]}")
    gateway.stop(PROCESS)
    return figures


def _check(gateway: Gateway, measured: Measured, url: str) -> None:
    """Ends the bench unless the path answers a few requests with the gateway's own documents."""
    token = gateway.token()
    for one in measured.requests[:: max(1, len(measured.requests) // 5)]:
        ours, theirs = (gateway.ask(measured, one, token, url=at) for at in (gateway.url, url))
        if ours["items"] != theirs["items"] or bool(ours["next_cursor"]) != bool(
            theirs["next_cursor"]
        ):
            raise SystemExit(f"{measured.name} {one}: the two paths answer differently")


def _measure_path(
    gateway: Gateway, measured: Measured, url: str, seconds: float, rounds: int
) -> dict[str, Any]:
    process = "" if url == gateway.url else PROCESS
    full: list[tuple[Run, dict[str, float]]] = [
        gateway.timed(lambda: gateway.run(measured, seconds, url=url), process)
        for _ in range(rounds)
    ]
    per_s = median(run.per_s for run, _ in full)
    token = gateway.token()
    half: list[SteadyRun] = [
        load.steady(url, measured, token, max(1.0, per_s / 2), seconds, gateway.folder)
        for _ in range(rounds)
    ]
    return {
        "per_s": round(per_s),
        "cpu_us": {name: round(median(cpu[name] for _, cpu in full)) for name in full[0][1]},
        "half_rate_p50_ms": round(median(one.p50_ms for one in half), 1),
        "half_rate_p99_ms": round(median(one.p99_ms for one in half), 1),
    }


def _ratios(lane: dict[str, Any], plain: dict[str, Any]) -> dict[str, float]:
    return {
        "rate_ratio": round(lane["per_s"] / plain["per_s"], 2),
        "p99_ratio": round(lane["half_rate_p99_ms"] / plain["half_rate_p99_ms"], 2),
        "cpu_ratio": round(sum(lane["cpu_us"].values()) / sum(plain["cpu_us"].values()), 2),
    }
