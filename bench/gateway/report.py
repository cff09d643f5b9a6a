"""The figures beside their aims."""

from collections.abc import Iterator
from typing import Any

PAGE, P99_MS, AIM = 0.35, 12.0, 0.50
STEADY_PAGE_MS, STEADY_SINGLE_MS, COUNTED = 12.0, 6.0, 0.8
TARGETS = {
    "growth": ("rate at 5,000,000 rows ÷ at 10,000", "ratio", ">=", 0.85),
    "depth": ("time of the page at depth 900,000 ÷ the first", "ratio", "<=", 1.5),
    "trust_cost": ("CPU of an answer without the trust ÷ with it", "ratio", ">=", 0.75),
    "tokens_per_s": ("tokens a second and core", "", ">=", 240.0),
    "peer": ("ours ÷ the peer's answers a second", "ratio", ">=", 4.0),
    "memory_mib": ("MiB of all services", "services", "<=", 1536.0),
}


def table(figures: dict[str, Any]) -> str:
    """Lines of name, figure, target, and whether it's reached."""
    lines = [
        f"{figures['rows']} permits, {figures['machine']}",
        f"{'what':<52}{'measured':>10}  target",
    ]
    for name, measured, sign, target in _rows(figures):
        good = measured >= target if sign == ">=" else measured <= target
        lines.append(f"{name:<52}{measured:>10g}  {sign} {target:g}{'' if good else '   MISSED'}")
    return "\n".join(lines)


def _rows(figures: dict[str, Any]) -> Iterator[tuple[str, float, str, float]]:
    for name, page in figures.get("pages", {}).items():
        what = f"{name}: {page['per_s']}/s ÷ pgbench's {page['pgbench_per_s']}/s"
        yield what, page["ratio"], ">=", PAGE
        yield f"{name}: p99 ms", page["p99_ms"], "<=", P99_MS
    for name, page in figures.get("open_loop", {}).items():
        single = name == "permit_number"
        what = f"{name}: p99 ms at a steady {page['per_s']}/s (p50 {page['p50_ms']:g})"
        yield what, page["p99_ms"], "<=", STEADY_SINGLE_MS if single else STEADY_PAGE_MS
    for name, page in figures.get("counted", {}).items():
        what = f"{name}: {page['per_s']}/s, each request counted ÷ in portions"
        yield what, page["ratio"], ">=", COUNTED
    for name, (what, key, sign, target) in TARGETS.items():
        if name in figures:
            yield what, figures[name][key] if key else figures[name], sign, target
