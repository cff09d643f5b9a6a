"""The services that the system runs, with their names, ports and addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from devstack.parts import free_port

ROLES = ("serve", "work")


@dataclass(frozen=True)
class Room:
    """A service. `secrets` are the settings that get 32 random bytes (base64url) at every run; those of `shared` are
    the same for all services that name them."""

    name: str
    secrets: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    ops_ports: Mapping[str, int] = field(
        default_factory=lambda: {role: free_port() for role in ROLES}
    )

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")

    @property
    def prefix(self) -> str:
        return self.package.upper() + "_"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ops(self, role: str) -> str:
        return f"http://127.0.0.1:{self.ops_ports[role]}"


def rooms() -> tuple[Room, ...]:
    """The services that are built. The first is the issuer of tokens."""
    return (
        Room("identity", secrets=("KEY_ENCRYPTION_KEY",)),
        Room("permits", secrets=("SEALING_KEY", "BLIND_INDEX_KEY"), shared=("PERSONAL_DATA_KEY",)),
        Room(
            "partner-gateway",
            secrets=("CURSOR_KEY", "BLIND_INDEX_KEY", "SEALING_KEY", "AUDIT_SIGNING_KEY"),
            shared=("PERSONAL_DATA_KEY",),
        ),
    )
