"""Owners' personal data: sealed columns with a blind index beside them, and the sealed part of an event.

SQLAlchemy makes the columns' types once for a process, so the keys are the process's too: from the environment when
they're first needed, or those that `use` was given. They're in no database.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from chassis.sealing import BlindIndex, Keyring, Sealer
from permits.settings import Settings

OWNERS_CONTEXT = "permits.permit.owners/{permit_id}"  # events/permit.v1.schema.json, owners


@dataclass(frozen=True)
class Keys:
    """`rows` seals columns, `index` finds people by their number, `events` seals what is published."""

    rows: Sealer
    index: BlindIndex
    events: Sealer

    @classmethod
    def parse(cls, *, sealing_key: str, blind_index_key: str, personal_data_key: str) -> "Keys":
        """Raises KeyringError."""
        return cls(
            rows=Sealer(Keyring.parse(sealing_key)),
            index=BlindIndex(Keyring.parse(blind_index_key)),
            events=Sealer(Keyring.parse(personal_data_key)),
        )


class _Process:
    """The keys of this process."""

    @cached_property
    def keys(self) -> Keys:
        settings = Settings.load("permits")
        return Keys.parse(
            sealing_key=settings.sealing_key,
            blind_index_key=settings.blind_index_key,
            personal_data_key=settings.personal_data_key,
        )


_process = _Process()


def use(environment: Mapping[str, str]) -> None:
    """Takes the keys from this environment from now on, for a program that isn't the service: sample data, tests."""
    names = ("SEALING_KEY", "BLIND_INDEX_KEY", "PERSONAL_DATA_KEY")
    _process.keys = Keys.parse(**{name.lower(): environment["PERMITS_" + name] for name in names})


class Sealed(TypeDecorator[Any]):
    """A JSON value that is kept encrypted, as `bytea`. `place` is what it's bound to: the table and the column."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        return _process.keys.rows.seal(json.dumps(value, ensure_ascii=False).encode(), self.place)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        return json.loads(_process.keys.rows.unseal(bytes(value), self.place))


def current_keys() -> tuple[int, int]:
    """The numbers of the keys that seal columns and hash numbers today."""
    return _process.keys.rows.current, _process.keys.index.current


def search_key(id_number: str | None) -> str | None:
    """By what a person's rows are found."""
    return None if id_number is None else _process.keys.index.key(id_number)


def sealed_owners(permit_id: str, owners: Sequence[Mapping[str, Any]]) -> str:
    """The owners as an event carries them."""
    text = json.dumps(owners, ensure_ascii=False, separators=(",", ":"))
    return _process.keys.events.seal_text(text, OWNERS_CONTEXT.format(permit_id=permit_id))
