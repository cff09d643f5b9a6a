"""`make performance`: writes the kept figures of all benches as one table into docs/performance.md."""

from collections.abc import Callable, Iterator
from typing import Any

from bench.figures import read_figures
from devstack.machine import ROOT

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = (
    "<!-- generated: figures (make performance, from bench/results) -->",
    "<!-- end of figures -->",
)
QUERIES = {
    "plan_number": "a page of 50 by plan number",
    "issued_range": "a page of 50 by date range",
    "civil_id": "a page of 50 by civil ID",
    "permit_number": "one permit by number",
}
Figures = dict[str, Any]
# What was measured, the figure, and the aim.
Row = tuple[str, str, str]


def write_page() -> None:
    """Puts the table between the two marks of the page."""
    text = PAGE.read_text("utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", "utf-8")


def table() -> str:
    """Returns the Markdown table of the figures that are kept."""
    lines = ["| what | figure | aim | bench | commit, day |", "|---|---|---|---|---|"]
    for name, rows_of in BENCHES.items():
        figures = read_figures(name)
        origin = f"{figures['commit']}, {figures['day']}" if "commit" in figures else "unknown"
        for what, figure, aim in rows_of(figures) if figures else [("–", "not run yet", "")]:
            lines.append(f"| {what} | {figure} | {aim} | `make bench-{name}` | {origin} |")
    return "\n".join(lines)


def _gateway(figures: Figures) -> Iterator[Row]:
    for name, what in QUERIES.items():
        aim = "≥ 0.25" if name == "permit_number" else "≥ 0.50"
        if page := figures.get("pages", {}).get(name):
            of_pgbench = f"{page['ratio']} of pgbench ({page['per_s']:,} a second)"
            yield what, f"{of_pgbench}; CPU {page['cpu_us']['serve']} µs", aim
        if steady := figures.get("open_loop", {}).get(name):
            times = f"p50 {steady['p50_ms']} ms, p99 {steady['p99_ms']} ms"
            yield f"{what}, at half of the highest rate", times, "p99 ≤ 5 × p50"
        if both := figures.get("plain", {}).get(name):
            figure = (
                f"{both['rate_ratio']} × the rate, {both['p99_ratio']} × the p99 at half rate,"
                f" {both['cpu_ratio']} × the CPU"
            )
            yield f"{what}: the lane beside a plain path", figure, "≥ 2 × the rate, ≤ 0.5 × the p99"
    if cost := figures.get("trust_cost"):
        yield "CPU of an answer without the trust ÷ with it", f"{cost['ratio']}", "≥ 0.75"
    if growth := figures.get("growth"):
        yield "rate at 5,000,000 permits ÷ at 10,000", f"{growth['ratio']}", "≥ 0.85"
    if depth := figures.get("depth"):
        yield "time of a page 900,000 rows deep ÷ the first page", f"{depth['ratio']}", "≤ 1.5"
    if peer := figures.get("peer"):
        yield "a page by plan number ÷ the same page by FastAPI", f"{peer['ratio']}", "≥ 4"
    if tokens := figures.get("tokens_per_s"):
        yield "tokens a second and core of identity", f"{tokens}", "≥ 240"


def _events(figures: Figures) -> Iterator[Row]:
    paced = figures["paced"]
    times = f"p50 {paced['p50_ms']} ms, p99 {paced['p99_ms']} ms"
    yield "commit → the gateway, 100 real commands a second", times, "p50 ≤ 30, p99 ≤ 100 ms"
    by_commands = f"{figures['sustained_by_commands_per_s']:,}"
    yield "real commands a second that hold", by_commands, "≥ 500"
    yield "bare events a second that hold", f"{figures['sustained_per_s']:,}", "≥ 3,000"


def _licences(figures: Figures) -> Iterator[Row]:
    decided, paid = figures["decided"], figures["paid_to_issued"]
    times = f"p50 {decided['p50_s']} s, p99 {decided['p99_s']} s"
    yield (
        f"application → decision, {figures['rate']:g} a second",
        times,
        "p50 ≤ 0.25 s, 60 a second",
    )
    times = f"p50 {paid['p50_s']} s, p99 {paid['p99_s']} s"
    yield f"payment → licence, {paid['rate']:g} a second", times, ""
    yield "applications accepted a second, one by one", f"{figures['accepted_per_s']}", ""
    yield "applications accepted a second, 500 at a time", f"{figures['batched_per_s']}", ""


def _health_certs(figures: Figures) -> Iterator[Row]:
    issued = figures["issued"]
    times = f"p50 {issued['p50_s']} s, p99 {issued['p99_s']} s"
    yield f"a centre's result → certificate, {figures['rate']:g} a second", times, "p50 ≤ 0.15 s"


def _reports(figures: Figures) -> Iterator[Row]:
    full = figures["full"]
    times = f"{full['lives_per_s']} a second; p95 of a request {full['p95_ms']} ms"
    yield f"a report's life, {figures['rows']:,} reports", times, "≥ 25 a second"


def _import(figures: Figures) -> Iterator[Row]:
    took = f"{figures['staged_s']} s to read, {figures['released_s']} s to release"
    yield f"{figures['rows']:,} older permits, from CSV to the gateway", took, ""
    yield "p95 of a desk beside the import ÷ alone", f"{figures['desk_ratio']}", "≤ 2"


def _documents(figures: Figures) -> Iterator[Row]:
    printed = f"{figures['printed_per_s']} a second, {figures['ratio']} of a bare page"
    yield "signed documents printed", printed, "≥ 0.25 of a bare page"
    yield "signed codes verified a second", f"{figures['verified_per_s']:,.0f}", ""


def _audit(figures: Figures) -> Iterator[Row]:
    took = f"{figures['seconds']} s, {figures['ratio']} × a plain SELECT"
    yield f"`audit verify` of {figures['rows']:,} rows", took, "≤ 60 s"


def _feed(figures: Figures) -> Iterator[Row]:
    lag, many = figures["lag"], figures["waiting"][-1]
    times = f"p50 {lag['p50_ms']} ms, p99 {lag['p99_ms']} ms"
    yield f"a change → the client that waits, {figures['rate']} a second", times, ""
    yield f"the last of {many['clients']} waiting clients hears", f"{many['last_heard_ms']} ms", ""


def _texts(figures: Figures) -> Iterator[Row]:
    for how in ("healthy", "one_dead"):
        what = f"an event → its text within 10 s, providers: {how.replace('_', ' ')}"
        yield what, f"{figures[how]['within_10_s']:.2%}", "≥ 99 %"


def _portal(figures: Figures) -> Iterator[Row]:
    aims = {"to_peer": "≥ 1 × Django", "to_pgbench": "≥ 0.25 of pgbench"}
    for name, what in (("inquiry", "an inquiry by number"), ("inbox", "a desk's inbox")):
        page, seen = figures["pages"][name], figures["browser"][name]
        half, cpu = page["half_rate"], page["cpu_us"]
        ours = sum(cpu[one] for one in ("portal", "reports", "postgres"))
        yield (
            f"{what}: the page",
            f"{page['to_peer']} × Django ({page['per_s']:,} a second); CPU {ours:,} µs beside"
            f" {cpu['peer'] + cpu['peer_postgres']:,} µs",
            aims["to_peer"],
        )
        yield f"{what}: the page ÷ its bare SELECTs", f"{page['to_pgbench']}", aims["to_pgbench"]
        times = f"p50 {half['p50_ms']} ms, p99 {half['p99_ms']} ms"
        yield f"{what}, at half of the highest rate", times, "p99 ≤ 5 × p50"
        grown = figures["growth"][name]["ratio"]
        yield f"{what}: rate beside the home page's, at 1,000,000 ÷ at 10,000", f"{grown}", "≥ 0.85"
        painted = f"{seen['lcp_ms'] / 1000:.2f} s, {seen['bytes'] / 1000:.0f} kB"
        yield f"{what}: largest paint at 1.6 Mbit/s, nothing cached", painted, "≤ 1.5 s, ≤ 200 kB"
    times = figures["timing"]
    told = f"{times['slower_share']} (0.5 ± {times['border']} tells nothing)"
    yield "a number that exists takes longer than one that doesn't", told, "not told apart"


def _transactions(figures: Figures) -> Iterator[Row]:
    lag = figures["in_topic"]
    times = f"p50 {lag['p50_s']} s, p99 {lag['p99_s']} s"
    yield f"an entry → the topic, {figures['rate']:g} a second", times, "p99 ≤ 0.5 s"


def _appointments(figures: Figures) -> Iterator[Row]:
    what = f"{figures['requests']:,} requests for {figures['capacity']} places"
    booked = (
        f"{figures['booked']} booked, {figures['held_by_the_killed']} held by the killed,"
        f" {figures['taken_twice']} twice"
    )
    yield what, booked, "all places, 0 twice"
    yield "requests ÷ bare inserts", f"{figures['ratio']}", "≥ 0.3"
    times = f"p50 {figures['p50_ms']} ms, p99 {figures['p99_ms']} ms"
    yield "200 clients at once: any request", times, "p99 ≤ 5 × p50"
    for kind, what in (
        ("held", "a slot is held"),
        ("booked", "a hold is booked"),
        ("refused", "refused"),
    ):
        of_kind = figures["by_answer"][kind]
        times = f"p50 {of_kind['p50_ms']} ms, p99 {of_kind['p99_ms']} ms"
        yield f"200 clients at once: {what}", times, "p99 ≤ 5 × p50"


BENCHES: dict[str, Callable[[Figures], Iterator[Row]]] = {
    "gateway": _gateway,
    "events": _events,
    "licences": _licences,
    "health-certs": _health_certs,
    "transactions": _transactions,
    "appointments": _appointments,
    "reports": _reports,
    "import": _import,
    "documents": _documents,
    "audit": _audit,
    "portal": _portal,
    "feed": _feed,
    "texts": _texts,
}


if __name__ == "__main__":
    write_page()
