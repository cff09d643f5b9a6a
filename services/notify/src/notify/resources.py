"""The resources that one process shares: the providers' gateways."""

from dataclasses import dataclass
from typing import Any

from notify.outside import Gateway, gateways
from notify.settings import Settings


@dataclass(frozen=True)
class Resources:
    """`gateways` by the provider's name."""

    gateways: dict[str, Gateway]


def make(_database: Any, settings: Settings) -> Resources:
    """Returns the resources of a process."""
    return Resources(gateways(settings))
