"""What the stand-in is told at its start: ports, file, who may send, and where receipts go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Name → the style in which it's spoken to.
STYLES = {"unifonic": "form", "taqnyat": "bearer"}


@dataclass(frozen=True, kw_only=True)
class ProviderSettings:
    """`credential`: what a sender shows. `receipt_token`: what the stand-in shows when it reports a fate."""

    port: int = 0
    credential: str = ""
    receipt_token: str = ""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`port` 0 takes a free one. `ledger`: the file that survives a kill, None for memory only. `receipts`: the address
    before `/<provider>`, empty for none."""

    port: int = 0
    ledger: Path | None = None
    receipts: str = ""
    seed: int = 1
    providers: Mapping[str, ProviderSettings] = field(
        default_factory=lambda: {name: ProviderSettings() for name in STYLES}
    )


def read_settings(document: Mapping[str, Any]) -> Settings:
    """Reads the JSON file. Raises TypeError for an unknown name."""
    facts = dict(document)
    providers = {name: ProviderSettings(**one) for name, one in facts.pop("providers").items()}
    ledger = facts.pop("ledger", None)
    return Settings(**facts, ledger=Path(ledger) if ledger else None, providers=providers)
