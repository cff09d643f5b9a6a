"""The README's table of services: what each owns, publishes and consumes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from devstack.services import Declared

_HEAD = (
    "| service | owns; nobody else writes it | publishes | consumes |\n",
    "|---|---|---|---|\n",
)


def tables(root: Path, services: Sequence[Declared]) -> Mapping[str, str]:
    """Block → rows of the table of README.md, from service.yaml and contracts/topics. A consumer that isn't built yet
    has no row, and a topic that every service consumes isn't repeated in each."""
    files = sorted((root / "contracts/topics").glob("*.yaml"))
    topics = [yaml.safe_load(file.read_text("utf-8")) for file in files]
    rows = (_row(one, topics) for one in services)
    return {"services": "".join([*_HEAD, *rows])}


def _row(service: Declared, topics: Sequence[Mapping[str, Any]]) -> str:
    link = f"[`{service.name}`](services/{service.name}/README.md)"
    published = _listed(one["topic"] for one in topics if one["owner"] == service.name)
    consumed = _listed(one["topic"] for one in topics if service.name in one["consumers"])
    return f"| {link} | {service.owns} | {published} | {consumed} |\n"


def _listed(topics: Any) -> str:
    return ", ".join(f"`{one}`" for one in topics) or "–"
