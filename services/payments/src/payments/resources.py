"""The resource that one process shares: the client of the bill system."""

from dataclasses import dataclass
from typing import Any

from payments.outside import BillSystem, Sadad
from payments.settings import Settings


@dataclass(frozen=True)
class Resources:
    """`bill_system` is None when the settings have no address: bills wait."""

    bill_system: BillSystem | None


def make(_database: Any, settings: Settings) -> Resources:
    """Returns the resources of a process."""
    return Resources(Sadad.of(settings) if settings.provider_url else None)
