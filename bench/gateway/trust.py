"""What the trust costs: processor time of an answer by the service, and by the same service without it."""

from statistics import median
from typing import Any

from bench.gateway import load
from bench.gateway.queries import Measured
from bench.gateway.running import Gateway
from devstack.machine import say

# Nothing at all; and all but the sealing of the documents.
VARIANTS = {"without": ["plain"], "sealed_only": []}


def measure(gateway: Gateway, measured: Measured, seconds: float, rounds: int) -> dict[str, Any]:
    """`ratio`: of the web processes' time alone, without any trust ÷ with all of it. `ratio_with_postgres`: of theirs
    and PostgreSQL's together. `ratio_beside_sealing`: the documents are sealed in both."""
    command = ["bench.gateway.untrusting"]
    urls = {
        name: gateway.start(f"bench/{name}", [*command, *words]) for name, words in VARIANTS.items()
    }
    token = gateway.token()
    times: dict[str, list[dict[str, float]]] = {name: [] for name in (*VARIANTS, "with")}
    for number in range(rounds + 1):
        used = {"with": gateway.timed(lambda: gateway.run(measured, seconds))[1]}
        for name, url in urls.items():
            used[name] = gateway.timed(
                lambda url=url: load.http(url, measured, token, seconds, gateway.folder),
                f"bench/{name}",
            )[1]
        for name, one in used.items():
            if number:  # the first is to warm up
                times[name].append(one)
    for name in VARIANTS:
        gateway.stop(f"bench/{name}")
    figures = _figures(times)
    say(f"  trust_cost: {figures}")
    return figures


def _figures(times: dict[str, list[dict[str, float]]]) -> dict[str, Any]:
    def middle(name: str, *who: str) -> float:
        return median(sum(one[part] for part in who) for one in times[name])

    both = ("serve", "postgres")
    return {
        "ratio": round(middle("without", "serve") / middle("with", "serve"), 3),
        "ratio_with_postgres": round(middle("without", *both) / middle("with", *both), 3),
        "ratio_beside_sealing": round(middle("sealed_only", "serve") / middle("with", "serve"), 3),
        "cpu_us": {name: {who: round(middle(name, who)) for who in both} for name in times},
    }
