"""`make bench-reports`: file → refer → begin → treat → close → inquire by HTTP, with `reports`, `notify` and the SMS
provider's stand-in at work; every third report has a photo of some 300 kB.

On an empty database, then on a million reports with their journal. References: the bare statements of a lifecycle in
the same run, and what DIGIT publishes for its own (37 lifecycles a second on an empty database and 6.3 on a full one,
p95 338 ms with 10 users, 57 % errors after spikes; 16 cores). Client, services, PostgreSQL and Kafka share the cores.
"""

import io
import random
from typing import Any

import click
from PIL import Image

from bench.figures import keep_figures
from bench.reports import bare, load, rows
from bench.reports.lifecycle import Desk
from devstack.machine import say
from devstack.system import System

DIGIT = {"empty_per_s": 37.0, "full_per_s": 6.3, "p95_ms": 338.0}
# The limits count, and are far away.
EXTRA = {
    f"REPORTS_{name}": "100000000"
    for name in (
        *("INQUIRIES_PER_ADDRESS", "INQUIRIES_PER_NUMBER", "INQUIRIES_PER_NUMBER_ANYWHERE"),
        "UPLOADS_PER_CALLER",
    )
}


@click.command()
@click.option("--rows", "count", default=1_000_000, help="reports in the full database")
@click.option("--seconds", default=30.0)
@click.option("--users", default=10)
@click.option("--spikes/--no-spikes", default=True)
def main(count: int, seconds: float, users: int, spikes: bool) -> None:
    """Measures and prints one line of JSON; a whole run overwrites bench/results/reports.json."""
    picture = photo()
    with System(extra=EXTRA) as system:
        url = system.services["reports"].url
        database = system.description()["databases"]["reports"].replace("+psycopg", "")
        desk = Desk.of(system.description())
        reference = bare.lives_per_s(database, 5)
        load.run(
            url, desk, picture, users=users, seconds=5, first=90
        )  # what a first request prepares
        say("bench: an empty database")
        empty = load.run(url, desk, picture, users=users, seconds=seconds, first=10)
        say(f"  {empty}")
        rows.fill(database, count)
        say(f"bench: {count} reports in the table")
        full = load.run(url, desk, picture, users=users, seconds=seconds, first=30)
        say(f"  {full}")
        after = load.recovery(url, desk, picture, users=users, first=10_000) if spikes else None
    result = _result(reference, empty, full, after, count, len(picture))
    print(keep_figures("reports", result, whole=count >= 1_000_000 and spikes))


def _result(
    reference: float, empty: dict[str, Any], full: dict[str, Any], after: Any, count: int, size: int
) -> dict[str, Any]:
    return {
        "rows": count,
        "photo_bytes": size,
        "bare_lives_per_s": round(reference, 1),
        "ratio": round(full["lives_per_s"] / reference, 3),
        "full_to_empty": round(full["lives_per_s"] / max(0.01, empty["lives_per_s"]), 3),
        "to_digit_full": round(full["lives_per_s"] / DIGIT["full_per_s"], 2),
        "empty": empty,
        "full": full,
        "after_spikes": after,
        "digit": DIGIT,
    }


def photo() -> bytes:
    """A JPEG of some 300 kB, always the same: noise over a slope, as cameras make it."""
    chance = random.Random(7)
    noise = Image.frombytes("L", (160, 120), chance.randbytes(160 * 120)).resize((1_600, 1_200))
    slope = Image.linear_gradient("L").resize((1_600, 1_200))
    picture = Image.merge("RGB", (slope, noise, slope))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=75)
    return out.getvalue()


if __name__ == "__main__":
    main()
