"""The services that the system runs, with their names, ports and addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from devstack.machine import free_port
from devstack.services import Named, declared

ROLES = ("serve", "work")


@dataclass(frozen=True)
class Room(Named):
    """A service. `secrets` are the settings that get 32 random bytes (base64url) at every run; those of `shared` are
    the same for all services that name them. `has_samples`: whether it has a command `sample`; `has_access`: `access`.
    `folders`: the settings that name a folder of its own."""

    name: str
    secrets: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    has_samples: bool = False
    has_access: bool = False
    folders: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    ops_ports: Mapping[str, int] = field(
        default_factory=lambda: {role: free_port() for role in ROLES}
    )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ops(self, role: str) -> str:
        return f"http://127.0.0.1:{self.ops_ports[role]}"


def rooms() -> tuple[Room, ...]:
    """The services that are built. The first is the issuer of tokens."""
    return tuple(
        Room(
            one.name,
            tuple(one.keys),
            tuple(one.shared_keys),
            one.sample.data,
            one.sample.access,
            tuple(one.folders),
        )
        for one in declared()
    )
