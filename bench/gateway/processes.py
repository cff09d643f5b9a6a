"""What the processes used: CPU time and memory, from /proc."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """The process and all below it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        fields = _stat(stat)
        if fields:
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += children.get(one, [])
    return found


def cpu_seconds(pids: Iterable[int], *, ended: bool = False) -> float:
    """User and system time so far; with `ended` also of their children that have ended."""
    used = 0
    for pid in pids:
        fields = _stat(Path(f"/proc/{pid}/stat"))
        if fields:
            used += sum(int(text) for text in fields[11 : 15 if ended else 13])
    return used / _TICKS


def memory_mib(pids: Iterable[int]) -> float:
    """Proportional set size: shared pages are counted once over all processes."""
    total = 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(
            int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")
        )
    return total / 1024


def _stat(path: Path) -> list[str]:
    """The fields after the name, from the state on; none when it's gone."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except OSError:
        return []
