"""Settings of the partner gateway beside the common ones."""

import base64
from dataclasses import dataclass
from functools import cached_property

from chassis.sealing import Keyring, Sealer
from chassis.settings import Settings as Common


@dataclass(frozen=True, kw_only=True)
class Settings(Common):
    """`cursor_key` and `blind_index_key` are 32 bytes in base64url; they differ, and neither is in the database.

    `personal_data_key` opens the sealed part of the events of permits (chassis.sealing.Keyring).
    """

    cursor_key: str
    blind_index_key: str
    personal_data_key: str
    blind_index_key_version: int = 1
    public_url: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("cursor_key", "blind_index_key"):
            if len(_decode(getattr(self, name))) < 32:
                raise ValueError(f"{name} is shorter than 32 bytes")
        if self.cursor_key == self.blind_index_key:
            raise ValueError("cursor_key and blind_index_key are the same")
        Keyring.parse(self.personal_data_key)

    @property
    def cursor_secret(self) -> bytes:
        return _decode(self.cursor_key)

    @cached_property
    def personal_data(self) -> Sealer:
        return Sealer(Keyring.parse(self.personal_data_key))

    @property
    def blind_index_secret(self) -> bytes:
        return _decode(self.blind_index_key)


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
