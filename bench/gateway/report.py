"""The figures beside their aims."""

from collections.abc import Iterator
from typing import Any

PAGE, SINGLE = 0.50, 0.25
STEADY_PAGE_MS, STEADY_SINGLE_MS, SPREAD, COUNTED = 25.0, 12.0, 5.0, 0.8
TARGETS = {
    "growth": ("rate at 5,000,000 rows ÷ at 10,000", "ratio", ">=", 0.85),
    "depth": ("time of the page at depth 900,000 ÷ the first", "ratio", "<=", 1.5),
    "trust_cost": ("CPU of an answer without the trust ÷ with it", "ratio", ">=", 0.75),
    "tokens_per_s": ("tokens a second and core", "", ">=", 240.0),
    "peer": ("ours ÷ the peer's answers a second", "ratio", ">=", 4.0),
    "memory_mib": ("MiB of all services", "services", "<=", 1600.0),
}


def table(figures: dict[str, Any]) -> str:
    """Lines of name, figure, target, and whether it's reached."""
    lines = [
        f"{figures['rows']} permits",
        f"{'what':<52}{'measured':>10}  target",
    ]
    for name, measured, sign, target in _rows(figures):
        good = measured >= target if sign == ">=" else measured <= target
        lines.append(f"{name:<52}{measured:>10g}  {sign} {target:g}{'' if good else '   MISSED'}")
    return "\n".join(lines)


def _rows(figures: dict[str, Any]) -> Iterator[tuple[str, float, str, float]]:
    for name, page in figures.get("pages", {}).items():
        what = f"{name}: {page['per_s']}/s ÷ pgbench's {page['pgbench_per_s']}/s"
        yield what, page["ratio"], ">=", SINGLE if name == "permit_number" else PAGE
    for name, page in figures.get("open_loop", {}).items():
        single = name == "permit_number"
        what = f"{name}: p99 ms at a steady {page['per_s']}/s (p50 {page['p50_ms']:g})"
        yield what, page["p99_ms"], "<=", STEADY_SINGLE_MS if single else STEADY_PAGE_MS
        yield f"{name}: p99 ÷ p50 there", round(page["p99_ms"] / page["p50_ms"], 1), "<=", SPREAD
    for name, page in figures.get("counted", {}).items():
        what = f"{name}: {page['per_s']}/s, each request counted ÷ in portions"
        yield what, page["ratio"], ">=", COUNTED
    for name, both in figures.get("plain", {}).items():
        lane, plain = both["lane"], both["plain"]
        what = f"{name}: {lane['per_s']}/s in the lane ÷ {plain['per_s']}/s plain"
        yield what, both["rate_ratio"], ">=", 2.0
        what = f"{name}: p99 at half rate, {lane['half_rate_p99_ms']:g} ÷ {plain['half_rate_p99_ms']:g} ms"
        yield what, both["p99_ratio"], "<=", 0.5
    for name, (what, key, sign, target) in TARGETS.items():
        if name in figures:
            yield what, figures[name][key] if key else figures[name], sign, target
