"""Settings of the partner gateway beside the common ones."""

import base64
from dataclasses import dataclass
from functools import cache, cached_property

from chassis.sealing import BlindIndex, Keyring, Sealer
from chassis.settings import Settings as Common


@dataclass(frozen=True, kw_only=True)
class Settings(Common):
    """Keys are 32 bytes in base64url; each has one use, and none is in a database.

    `cursor_key` signs page cursors, `audit_signing_key` the roots over the record (an Ed25519 seed). The others are
    keyrings (chassis.sealing.Keyring): `blind_index_key` finds people by their number, `sealing_key` seals the
    documents at rest, `personal_data_key` opens the sealed part of the events of permits.

    Limits are per minute and hold over all workers. What a worker remembers of grants and of `as_of` is at most
    `grant_seconds` and `as_of_seconds` old; of pages it keeps up to `kept_pages_mib`, and has each confirmed before it
    is used again.
    """

    cursor_key: str
    blind_index_key: str
    sealing_key: str
    personal_data_key: str
    audit_signing_key: str
    max_body_bytes: int = 16_384
    person_per_minute: int = 100
    client_per_minute: int = 600
    partner_per_minute: int = 1_200
    civil_id_per_minute: int = 20
    civil_ids_per_hour_alarm: int = 200
    grant_seconds: float = 1.0
    as_of_seconds: float = 0.25
    kept_pages_mib: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("cursor_key", "audit_signing_key"):
            if len(_decode(getattr(self, name))) != 32:
                raise ValueError(f"{name} doesn't have 32 bytes")
        names = "cursor_key blind_index_key sealing_key personal_data_key audit_signing_key".split()
        if len({getattr(self, name) for name in names}) != len(names):
            raise ValueError(f"{', '.join(names)} have to differ")
        for name in ("blind_index_key", "sealing_key", "personal_data_key"):
            Keyring.parse(getattr(self, name))

    @cached_property
    def cursor_secret(self) -> bytes:
        return _decode(self.cursor_key)

    @cached_property
    def audit_secret(self) -> bytes:
        return _decode(self.audit_signing_key)

    @cached_property
    def personal_data(self) -> Sealer:
        return Sealer(Keyring.parse(self.personal_data_key))

    @cached_property
    def documents(self) -> Sealer:
        return Sealer(Keyring.parse(self.sealing_key))

    @cached_property
    def blind_index(self) -> BlindIndex:
        return BlindIndex(Keyring.parse(self.blind_index_key))


@cache
def process_settings() -> Settings:
    """The settings of a process that isn't given any: the worker's handlers and chores, the commands."""
    return Settings.load("partner-gateway")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
