"""Makes the table of services in README.md: name and what the service owns."""

from collections.abc import Mapping, Sequence

from devstack.services import Declared

_HEAD = "| service | owns |\n|---|---|\n"


def tables(services: Sequence[Declared]) -> Mapping[str, str]:
    """Returns block → lines of the table, from each service.yaml."""
    return {"services": _HEAD + "".join(map(_row, services))}


def _row(service: Declared) -> str:
    return f"| [`{service.name}`](services/{service.name}/README.md) | {service.owns} |\n"
