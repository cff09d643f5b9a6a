"""What the code of one process shares: the bill system."""

from dataclasses import dataclass
from typing import Any

from payments.outside import BillSystem, Sadad
from payments.settings import Settings


@dataclass(frozen=True)
class Resources:
    """`bill_system` is None without an address: bills wait."""

    bill_system: BillSystem | None


def make(_database: Any, settings: Settings) -> Resources:
    """Made once per process."""
    return Resources(Sadad.of(settings) if settings.provider_url else None)
