"""What the providers took, and when: the stand-in's ledger beside the events."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any

import psycopg
import requests

PROMISED_S = 10.0
PATIENCE_S = 180.0
_LAST_CALL = """SELECT max(began_at) FROM attempt
    WHERE provider = %s AND began_at >= %s AND began_at < %s"""


@dataclass(frozen=True)
class Ledger:
    """`url`: of the ledger; `notify`: of notify's database."""

    url: str
    notify: str

    def rows(self) -> list[dict[str, Any]]:
        """Returns the accepted texts, oldest first."""
        answer = requests.get(self.url, timeout=60)
        answer.raise_for_status()
        rows: list[dict[str, Any]] = answer.json()
        return rows

    def wait_for(self, told: Mapping[str, float]) -> list[dict[str, Any]]:
        """The rows of these events, once there's one for each, or after three minutes without."""
        until = time.monotonic() + PATIENCE_S
        while True:
            rows = [row for row in self.rows() if row["recipient"] in told]
            if len({row["recipient"] for row in rows}) == len(told) or time.monotonic() > until:
                return rows
            time.sleep(1.0)

    def shifted_after(self, provider: str, died: float, back: float) -> float:
        """Seconds from a provider's death to the last message that was tried with it."""
        span = [datetime.fromtimestamp(one, UTC) for one in (died, back)]
        with psycopg.connect(self.notify) as connection:
            row = connection.execute(_LAST_CALL, [provider, *span]).fetchone()
        last = row[0] if row else None
        return round(max(0.0, last.timestamp() - died), 2) if last else 0.0


def summary(told: Mapping[str, float], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Seconds from event to acceptance, and the share within ten. A text that never came is late."""
    first: dict[str, float] = {}
    for row in rows:
        first.setdefault(row["recipient"], row["at"])
    times = sorted(first[mobile] - at for mobile, at in told.items() if mobile in first)
    in_time = sum(one <= PROMISED_S for one in times)
    references = Counter(row["reference"] for row in rows)
    return {
        "events": len(told),
        "within_10_s": round(in_time / max(1, len(told)), 4),
        "p50_s": _percentile(times, 50),
        "p99_s": _percentile(times, 99),
        "most_s": round(times[-1], 2) if times else None,
        "missing": len(told) - len(times),
        "twice": sum(count > 1 for count in references.values()),
    }


def back_after(rows: Sequence[Mapping[str, Any]], provider: str, revived: float) -> float | None:
    """Seconds from a provider's return to the first message that it took; None when it took none."""
    later = [row["at"] for row in rows if row["provider"] == provider and row["at"] >= revived]
    return round(min(later) - revived, 2) if later else None


def _percentile(times: Sequence[float], percent: int) -> float | None:
    if not times:
        return None
    return round(times[min(len(times) - 1, ceil(len(times) * percent / 100) - 1)], 3)
