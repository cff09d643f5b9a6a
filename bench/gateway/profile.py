"""Where a worker's time goes during a load: py-spy's samples, counted by function."""

import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bench.gateway import processes
from bench.gateway.peer import PYTHON
from bench.gateway.queries import Measured
from bench.gateway.running import Gateway

PY_SPY = PYTHON.with_name("py-spy")
TOP = 45


def profile(gateway: Gateway, measured: Measured, seconds: float) -> str:
    """The functions with the most samples, by themselves and with all that they called, as a table."""
    serving = gateway.system.supervisor.pids()["partner-gateway/serve"]
    return sample(serving, gateway.folder, seconds, lambda: gateway.run(measured, seconds + 2))


def sample(serving: int, folder: Path, seconds: float, load: Callable[[], object]) -> str:
    """Samples a worker of the web process `serving` while `load`, which takes longer, loads it. Returns the table."""
    worker = processes.tree(serving)[-1]
    raw = folder / "stacks.txt"
    words = [
        str(PY_SPY), "record", "--pid", str(worker), "--duration", f"{seconds:.0f}", "--rate", "250",
        "--format", "raw", "--nonblocking", "--output", str(raw),
    ]  # fmt: skip
    spy = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    load()
    said = spy.communicate(timeout=60)[1]
    if spy.returncode or not raw.exists():
        raise SystemExit(f"py-spy failed (it needs the right to trace): {said}")
    return table(raw)


def table(raw: Path) -> str:
    """Returns the table of a file of lines `outer;inner;innermost count`."""
    own: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for line in raw.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        frames = [_shortened(frame) for frame in stack.split(";")]
        own[frames[-1]] += int(count)
        for frame in set(frames):
            total[frame] += int(count)
    samples = sum(own.values()) or 1
    lines = [f"{samples} samples", "", "  self  total  function"]
    for frame, count in own.most_common(TOP):
        lines.append(f"{count / samples:6.1%} {total[frame] / samples:6.1%}  {frame}")
    lines += ["", " total  function"]
    for frame, count in total.most_common(TOP * 2):
        lines.append(f"{count / samples:6.1%}  {frame}")
    return "\n".join(lines)


def _shortened(frame: str) -> str:
    """`answer (chassis/bridge.py)` of `answer (/…/src/chassis/bridge.py:60)`."""
    name, _, place = frame.partition(" (")
    path = place.rstrip(")").rpartition(":")[0] or place.rstrip(")")
    return f"{name} ({'/'.join(path.split('/')[-2:])})"
