"""Keeps the figures of each bench's last whole run in bench/results, with commit, day and machine."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devstack.machine import ROOT

RESULTS = Path(__file__).parent / "results"


def keep_figures(name: str, figures: dict[str, Any], *, whole: bool = True) -> str:
    """Returns the figures with their origin as one line of JSON. The figures of a whole run are written to
    bench/results/<name>.json; a shorter run is a look, and leaves the figures of the last whole run."""
    stamped = {**figures, **_origin()}
    if whole:
        text = json.dumps(stamped, indent=2, ensure_ascii=False) + "\n"
        (RESULTS / f"{name}.json").write_text(text, "utf-8")
    return json.dumps(stamped, ensure_ascii=False)


def read_figures(name: str) -> dict[str, Any]:
    """Returns the figures of the last whole run; nothing when there was none."""
    file = RESULTS / f"{name}.json"
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def _origin() -> dict[str, Any]:
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ":!bench/results")
    return {
        "commit": _git("rev-parse", "--short", "HEAD") + ("+changes" if changed else ""),
        "day": datetime.now(UTC).date().isoformat(),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
    }


def _git(*words: str) -> str:
    said = subprocess.run(["git", *words], capture_output=True, text=True, check=True, cwd=ROOT)
    return said.stdout.strip()
