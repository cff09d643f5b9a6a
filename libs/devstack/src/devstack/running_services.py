"""The services that the system runs, with their names, ports and addresses."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from devstack.machine import free_port
from devstack.services import FULL_SHARE, Named, declared

ROLES = ("serve", "work")


@dataclass(frozen=True)
class RunningService(Named):
    """A service with its ports.

    `secrets` are settings that get 32 random bytes (base64url) at every run; `shared` are settings that are equal in
    all services that name them; `folders` are settings that name a folder of the service. `has_samples`,
    `has_access`: whether the service has the command `sample`, and `access`. `nice`: how far its processes leave the
    processor to those of others.
    """

    name: str
    secrets: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    has_samples: bool = False
    has_access: bool = False
    folders: tuple[str, ...] = ()
    nice: int = 0
    port: int = field(default_factory=free_port)
    ops_ports: Mapping[str, int] = field(
        default_factory=lambda: {role: free_port() for role in ROLES}
    )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def browsed_url(self) -> str:
        """Returns the address for people's browsers: it belongs to another site than the issuer's, as in operation."""
        return f"http://localhost:{self.port}"

    def ops(self, role: str) -> str:
        return f"http://127.0.0.1:{self.ops_ports[role]}"


def nice_of(cpu_shares: int) -> int:
    """Returns the nice value of a weight: to the kernel each step is a factor of 1.25."""
    return round(math.log(FULL_SHARE / cpu_shares, 1.25))


def running_services() -> tuple[RunningService, ...]:
    """Returns the declared services. The first is the issuer of tokens."""
    return tuple(
        RunningService(
            one.name,
            tuple(one.keys),
            tuple(one.shared_keys),
            one.sample.data,
            one.sample.access,
            tuple(one.folders),
            nice_of(one.cpu_shares),
        )
        for one in declared()
    )
