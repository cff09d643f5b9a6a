"""Which services there are: every `services/<name>/service.yaml`, the one place that says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from devstack.machine import ROOT, StartError

# Docker's weight of a container that names none.
FULL_SHARE = 1_024


class Named:
    """A service's name with dashes, and its two other forms: the import name, the prefix of environment variables."""

    name: str

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")

    @property
    def prefix(self) -> str:
        return self.package.upper() + "_"


@dataclass(frozen=True)
class Variable:
    """A setting that an operator gives beside the keys: its default, and what stands in example.env about it."""

    default: str | int
    text: str


@dataclass(frozen=True)
class Sample:
    """What a system on one machine adds. `data`: whether there is a command `<service> sample --count N`; `access`:
    whether there is a command `<service> access FILE`, which writes how another system reaches this one, as JSON.

    `scopes`: username or client_id → the scopes of this service that they hold. `fuzzed_by`: whose token `make fuzz`
    takes.
    """

    fuzzed_by: str
    scopes: Mapping[str, Sequence[str]]
    data: bool = False
    access: bool = False


@dataclass(frozen=True)
class Declared(Named):
    """A service as its service.yaml declares it. `port` is the one on the host in the Compose file; `owns` is what the
    README's table says of it.

    `keys` are settings of 32 bytes in base64url with what stands in example.env about them; `shared_keys` are the same
    for all services that name them, and one of those has the text. `folders` are settings that name a folder of the
    service's own, which outlives its processes, with what is in it. `fast`: whether it may use the chassis' fast lane.
    `cpu_shares`: the weight of its processes where the processor is short, in Docker's numbers, from 2 to 1,024.
    """

    name: str
    port: int
    owns: str
    sample: Sample
    keys: Mapping[str, str] = field(default_factory=dict)
    shared_keys: Mapping[str, str | None] = field(default_factory=dict)
    variables: Mapping[str, Variable] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)
    fast: bool = False
    cpu_shares: int = FULL_SHARE

    def __post_init__(self) -> None:
        if not 2 <= self.cpu_shares <= FULL_SHARE:
            raise ValueError(f"cpu_shares is from 2 to {FULL_SHARE}")


@cache
def declared(root: Path = ROOT) -> tuple[Declared, ...]:
    """The services, by port. The first is the issuer of tokens."""
    found = [_read(file) for file in root.glob("services/*/service.yaml")]
    return tuple(sorted(found, key=lambda one: one.port))


def _read(file: Path) -> Declared:
    """Raises StartError, which names the file, for a field that's missing, unknown or out of bounds."""
    facts: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    try:
        variables = {name: Variable(**one) for name, one in facts.pop("variables", {}).items()}
        sample = Sample(**facts.pop("sample"))
        return Declared(file.parent.name, **facts, sample=sample, variables=variables)
    except (TypeError, KeyError, ValueError) as error:
        raise StartError(f"{file}: {error}") from error
